#include "base/data_uri.h"

#include <algorithm>

#include "base/encoding.h"

namespace lightfast {
namespace {

constexpr std::string_view scheme = "data:";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Unlike base/encoding's percent_decode it lets NUL through, for these are bytes; a '%' that starts no escape stands
// for itself, as browsers have it.
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

Error too_large(std::uint64_t max_bytes) {
  return {Errc::too_large, "the data is longer than the " + std::to_string(max_bytes) + " bytes allowed"};
}

Result<std::string> decode_base64(std::string_view text, std::uint64_t max_bytes) {
  // Escapes and line breaks take room that the bytes don't; four times is more than either needs.
  if (text.size() / 4 > max_bytes + 1024) return too_large(max_bytes);
  auto bytes = from_base64(text.find('%') == std::string_view::npos ? std::string(text) : unescape(text));
  if (!bytes) return Error{Errc::invalid_request, "the data is not valid base64"};
  if (bytes->size() > max_bytes) return too_large(max_bytes);
  return std::move(*bytes);
}

Result<std::string> decode_text(std::string_view text, std::uint64_t max_bytes) {
  if (text.size() / 3 > max_bytes) return too_large(max_bytes);
  std::string bytes = unescape(text);
  if (bytes.size() > max_bytes) return too_large(max_bytes);
  return bytes;
}

}  // namespace

bool is_data_uri(std::string_view text) {
  return text.size() >= scheme.size() && lower(text.substr(0, scheme.size())) == scheme;
}

Result<DataUri> parse_data_uri(std::string_view text, std::uint64_t max_bytes) {
  if (!is_data_uri(text)) return Error{Errc::invalid_request, "not a data: URI"};
  text.remove_prefix(scheme.size());
  const auto comma = text.find(',');
  if (comma == std::string_view::npos) return Error{Errc::invalid_request, "the data: URI has no comma"};
  std::string_view head = trim(text.substr(0, comma));
  const auto last = head.rfind(';');
  const bool is_base64 = last != std::string_view::npos && lower(trim(head.substr(last + 1))) == "base64";
  if (is_base64) head = head.substr(0, last);
  DataUri uri;
  uri.media_type = lower(trim(head.substr(0, head.find(';'))));
  if (uri.media_type.empty()) uri.media_type = "text/plain";
  const std::string_view payload = text.substr(comma + 1);
  auto bytes = is_base64 ? decode_base64(payload, max_bytes) : decode_text(payload, max_bytes);
  if (!bytes) return bytes.error();
  uri.bytes = std::move(*bytes);
  return uri;
}

Result<DataUri> parse_inline_bytes(std::string_view text, std::uint64_t max_bytes) {
  text = trim(text);
  if (is_data_uri(text)) return parse_data_uri(text, max_bytes);
  if (text.empty()) return Error{Errc::invalid_request, "the data is empty"};
  auto bytes = decode_base64(text, max_bytes);
  if (!bytes) return bytes.error();
  return DataUri{"application/octet-stream", std::move(*bytes)};
}

}  // namespace lightfast
