#include "base/encoding.h"

#include <array>
#include <cstdint>

namespace lightfast {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t not_a_digit = 255;
constexpr std::uint8_t white_space = 254;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(not_a_digit);
  for (std::uint8_t value = 0; value < 64; ++value) {
    values[static_cast<unsigned char>(base64_digits[value])] = value;
    values[static_cast<unsigned char>(base64url_digits[value])] = value;
  }
  for (const char space : {' ', '\t', '\r', '\n', '\f', '\v'}) values[static_cast<unsigned char>(space)] = white_space;
  return values;
}
constexpr auto base64_values = make_base64_values();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that two hex digits stand for, or -1.
int hex_byte(char high, char low) {
  const int h = hex_value(high);
  const int l = hex_value(low);
  return h < 0 || l < 0 ? -1 : h * 16 + l;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string encode_base64(std::string_view bytes, std::string_view digits) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (bit_count += 8; bit_count >= 6;) text += digits[(bits >> (bit_count -= 6)) & 63];
  }
  if (bit_count > 0) text += digits[(bits << (6 - bit_count)) & 63];
  return text;
}

}  // namespace

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += hex_digits[static_cast<unsigned char>(byte) >> 4];
    text += hex_digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int byte = hex_byte(text[i], text[i + 1]);
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text = encode_base64(bytes, base64_digits);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::string to_base64url(std::string_view bytes) {
  return encode_base64(bytes, base64url_digits);
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    const std::uint8_t value = base64_values[static_cast<unsigned char>(c)];
    if (value == white_space) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (value == not_a_digit || padding > 0) return std::nullopt;
    bits = (bits << 6) | value;
    // Of every four digits all but the first complete a byte.
    const std::size_t position = digits++ % 4;
    if (position > 0) bytes += static_cast<char>(bits >> (6 - 2 * position));
  }
  if (digits % 4 == 1) return std::nullopt;
  if (padding > 0 && (padding > 2 || (digits + padding) % 4 != 0)) return std::nullopt;
  return bytes;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view upper = "0123456789ABCDEF";  // RFC 3986 section 2.1 prefers upper case
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += upper[static_cast<unsigned char>(c) >> 4];
      encoded += upper[static_cast<unsigned char>(c) & 15];
    }
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int byte = hex_byte(text[i + 1], text[i + 2]);
    if (byte <= 0) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;  // a continuation byte, or an overlong form
  if (first < 0xE0) return continues(1) ? 2 : 0;
  if (first < 0xF0) {
    if (first == 0xE0 && second < 0xA0) return 0;  // overlong
    if (first == 0xED && second > 0x9F) return 0;  // surrogates
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (first == 0xF0 && second < 0x90) return 0;                    // overlong
  if (first > 0xF4 || (first == 0xF4 && second > 0x8F)) return 0;  // above U+10FFFF
  return continues(1) && continues(2) && continues(3) ? 4 : 0;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  if (is_utf8(text)) return std::string(text);
  std::string clean;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      clean += c;
    } else {
      clean += "\xEF\xBF\xBD";  // U+FFFD
    }
  }
  return clean;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return text.substr(0, limit);
}

}  // namespace lightfast
