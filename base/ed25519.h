// Ed25519 signatures (RFC 8032; OpenSSL underneath). Pure functions.
#pragma once

#include <string_view>

namespace lightfast {

// Whether `signature` (64 bytes) over `message` was made with the secret half of `public_key` (32 bytes); false for
// anything of another length.
bool verify_ed25519(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace lightfast
