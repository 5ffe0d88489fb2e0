// Image bytes that come as text: `data:` URIs (RFC 2397) as providers and callers write them, and bare base64.
// Pure functions. The media type is what the text claims; the probe says what the bytes are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace lightfast {

struct DataUri {
  std::string media_type;  // lower case, without parameters; "text/plain" where none is given
  std::string bytes;
};

bool is_data_uri(std::string_view text);  // begins with "data:", in any case

// Base64 or percent-encoded; white space within, and escapes within base64, are read too.
// Errc::invalid_request: no data: URI, or broken. Errc::too_large: more than `max_bytes` bytes.
Result<DataUri> parse_data_uri(std::string_view text, std::uint64_t max_bytes);

// A data: URI or bare base64: the "data" member of an upload. Fails likewise.
Result<DataUri> parse_inline_bytes(std::string_view text, std::uint64_t max_bytes);

}  // namespace lightfast
