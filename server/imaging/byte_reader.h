// Bytes of an untrusted file, read in order and within bounds, and the integers in them. Owns nothing; a value for
// one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace lightfast::imaging {

using Bytes = std::span<const std::byte>;

inline bool starts_with(Bytes bytes, std::string_view prefix) {
  if (bytes.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (bytes[i] != static_cast<std::byte>(prefix[i])) return false;
  }
  return true;
}

// The integers at `at`, which the caller knows to lie within.
inline std::uint32_t u8(Bytes b, std::size_t at = 0) {
  return std::to_integer<std::uint32_t>(b[at]);
}
inline std::uint32_t be16(Bytes b, std::size_t at = 0) {
  return u8(b, at) << 8 | u8(b, at + 1);
}
inline std::uint32_t be32(Bytes b, std::size_t at = 0) {
  return be16(b, at) << 16 | be16(b, at + 2);
}
inline std::uint64_t be64(Bytes b, std::size_t at = 0) {
  return std::uint64_t{be32(b, at)} << 32 | be32(b, at + 4);
}
inline std::uint32_t le16(Bytes b, std::size_t at = 0) {
  return u8(b, at) | u8(b, at + 1) << 8;
}
inline std::uint32_t le24(Bytes b, std::size_t at = 0) {
  return le16(b, at) | u8(b, at + 2) << 16;
}
inline std::uint32_t le32(Bytes b, std::size_t at = 0) {
  return le16(b, at) | le16(b, at + 2) << 16;
}

// A four-letter name as the big-endian number it is in PNG and ISO-BMFF files.
constexpr std::uint32_t tag(const char (&name)[5]) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(name[i]);
  return value;
}

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t remaining() const { return bytes_.size() - position_; }
  Bytes rest() const { return bytes_.subspan(position_); }

  // The next `count` bytes; nullopt, and nothing moves, where fewer are left.
  std::optional<Bytes> take(std::uint64_t count) {
    if (count > remaining()) return std::nullopt;
    const Bytes taken = bytes_.subspan(position_, static_cast<std::size_t>(count));
    position_ += taken.size();
    return taken;
  }

 private:
  Bytes bytes_;
  std::size_t position_ = 0;
};

}  // namespace lightfast::imaging
