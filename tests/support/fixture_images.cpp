#include "tests/support/fixture_images.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/support/places.h"

namespace lightfast::test {
namespace {

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const char byte : bytes) {
    low = (low + static_cast<unsigned char>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  return (high << 16) | low;
}

// PNG, third edition, 5.3: length, type, data, CRC over type and data.
std::string chunk(std::string_view type, std::string_view data) {
  const std::string typed = std::string(type) + std::string(data);
  return big_endian(static_cast<std::uint32_t>(data.size())) + typed + big_endian(crc32(typed));
}

// A zlib stream (RFC 1950) of stored deflate blocks (RFC 1951, 3.2.4) of at most 65,535 bytes.
std::string stored_zlib(std::string_view bytes) {
  std::string stream = "\x78\x01";
  std::size_t position = 0;
  do {
    const std::size_t length = std::min<std::size_t>(bytes.size() - position, 65535);
    const bool last = position + length == bytes.size();
    stream += static_cast<char>(last);
    for (const std::size_t word : {length, ~length}) {
      stream += static_cast<char>(word & 0xFF);
      stream += static_cast<char>((word >> 8) & 0xFF);
    }
    stream += bytes.substr(position, length);
    position += length;
  } while (position < bytes.size());
  return stream + big_endian(adler32(bytes));
}

std::string assemble_png(std::uint32_t width, std::uint32_t height, std::string_view scanlines) {
  const std::string header = big_endian(width) + big_endian(height) + std::string("\x08\x02\x00\x00\x00", 5);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", stored_zlib(scanlines)) + chunk("IEND", "");
}

}  // namespace

std::string png(std::uint32_t number, int width, int height) {
  std::string scanlines;
  for (int y = 0; y < height; ++y) {
    scanlines += '\0';  // filter type: none
    for (int x = 0; x < width; ++x) {
      const bool first = x == 0 && y == 0;  // it spells the number
      scanlines += static_cast<char>(first ? number >> 16 : static_cast<std::uint32_t>(x * 7));
      scanlines += static_cast<char>(first ? number >> 8 : static_cast<std::uint32_t>(y * 11));
      scanlines += static_cast<char>(number);
    }
  }
  return assemble_png(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), scanlines);
}

std::string png_claiming(std::uint32_t width, std::uint32_t height) {
  return assemble_png(width, height, std::string(64, '\0'));
}

std::string fixture(std::string_view name) {
  std::ifstream file(source_folder() / "tests/fixtures" / name, std::ios::binary);
  if (!file) throw std::runtime_error("no fixture " + std::string(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<FixtureImage> one_of_each_kind() {
  return {{"image/png", "png", 8, 6, png(1)},
          {"image/jpeg", "jpg", 24, 16, fixture("beacon.jpg")},
          {"image/webp", "webp", 24, 16, fixture("beacon.webp")},
          {"image/gif", "gif", 24, 16, fixture("beacon.gif")},
          {"image/avif", "avif", 24, 16, fixture("beacon.avif")}};
}

}  // namespace lightfast::test
