// Bytes as text: hex, base64 (RFC 4648 sections 4 and 5), percent (RFC 3986 section 2.1). Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lightfast {

std::string to_hex(std::string_view bytes);                  // lower case
std::optional<std::string> from_hex(std::string_view text);  // either case, even length

std::string to_base64(std::string_view bytes);     // padded, one line
std::string to_base64url(std::string_view bytes);  // no padding
// Takes both alphabets, with or without padding, and skips ASCII white space (providers wrap lines); anything else,
// or a length that no encoder makes, is nullopt.
std::optional<std::string> from_base64(std::string_view text);

// Everything but RFC 3986 unreserved characters is encoded: what stands in URLs handed out.
std::string percent_encode(std::string_view text);
// Decoded once; nullopt for a broken escape or an encoded NUL. '+' stays a plus.
std::optional<std::string> percent_decode(std::string_view text);

// Bytes of the well-formed UTF-8 sequence that `text` starts with; 0 if it starts with none.
std::size_t utf8_sequence_length(std::string_view text);
// True if `text` is well-formed UTF-8 (Unicode 15, table 3-7).
bool is_utf8(std::string_view text);
// The text itself where it is UTF-8, else with U+FFFD for every byte beyond ASCII: what may stand in JSON.
std::string as_utf8(std::string_view text);
// At most `limit` bytes of UTF-8 text, cut between characters.
std::string_view cut_utf8(std::string_view text, std::size_t limit);

}  // namespace lightfast
