#include "tests/imaging/parts.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <stdexcept>

namespace lightfast::test {
namespace {

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  return text;
}

}  // namespace

UniqueFd file_with(const std::string& bytes) {
  UniqueFd file(::memfd_create("image", MFD_CLOEXEC));
  if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    throw std::runtime_error("no file in memory");
  }
  return file;
}

std::string be16(std::uint32_t value) {
  return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)};
}
std::string be32(std::uint32_t value) {
  return be16(value >> 16) + be16(value & 0xFFFF);
}
std::string le16(std::uint32_t value) {
  return little_endian(value, 2);
}
std::string le24(std::uint32_t value) {
  return little_endian(value, 3);
}
std::string le32(std::uint32_t value) {
  return little_endian(value, 4);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string deflated(const std::string& raw) {
  uLongf size = compressBound(raw.size());
  std::string compressed(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(compressed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
               raw.size()) != Z_OK) {
    throw std::runtime_error("zlib cannot compress");
  }
  compressed.resize(size);
  return compressed;
}

std::string patched(std::string file, std::size_t at, std::string_view bytes) {
  return file.replace(at, bytes.size(), bytes);
}

std::size_t position_of(const std::string& file, std::string_view text, std::size_t from) {
  const std::size_t at = file.find(text, from);
  if (at == std::string::npos) throw std::runtime_error("not in the file: " + std::string(text));
  return at;
}

std::string png_file(std::string_view chunks) {
  return "\x89PNG\r\n\x1A\n" + std::string(chunks);
}

std::string png_chunk(std::string_view type, std::string_view data) {
  const std::string covered = std::string(type) + std::string(data);
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
  return be32(static_cast<std::uint32_t>(data.size())) + covered + be32(static_cast<std::uint32_t>(crc));
}

std::string png_header(std::uint32_t width, std::uint32_t height, int depth, int colour_type, int interlace) {
  const char tail[] = {static_cast<char>(depth), static_cast<char>(colour_type), 0, 0, static_cast<char>(interlace)};
  return png_chunk("IHDR", be32(width) + be32(height) + std::string(tail, sizeof tail));
}

std::string png_pixels(std::uint32_t width, std::uint32_t height, int value) {
  return deflated(repeated('\0' + std::string(width, static_cast<char>(value)), height));
}

std::string png_frame(std::uint32_t sequence, std::uint32_t width, std::uint32_t height) {
  return png_chunk("fcTL", be32(sequence) + be32(width) + be32(height) + std::string(8, '\0') + be16(1) + be16(10) +
                               std::string(2, '\0'));
}

std::string animated_png(std::uint32_t width, std::uint32_t height, std::uint32_t frames) {
  std::string chunks = png_header(width, height) + png_chunk("acTL", be32(frames) + be32(0)) +
                       png_frame(0, width, height) + png_chunk("IDAT", png_pixels(width, height));
  for (std::uint32_t frame = 1, sequence = 1; frame < frames; ++frame, sequence += 2) {
    chunks += png_frame(sequence, width, height) +
              png_chunk("fdAT", be32(sequence + 1) + png_pixels(width, height, static_cast<int>(frame)));
  }
  return png_file(chunks + png_chunk("IEND", ""));
}

std::string jpeg_segment(char marker, std::string_view data) {
  return std::string{'\xFF', marker} + be16(static_cast<std::uint32_t>(data.size() + 2)) + std::string(data);
}

std::string gif_screen(std::uint32_t width, std::uint32_t height) {
  return "GIF89a" + le16(width) + le16(height) + std::string(3, '\0');
}

std::string gif_frame(std::uint32_t width, std::uint32_t height, std::string_view sub_blocks) {
  return "," + le16(0) + le16(0) + le16(width) + le16(height) + '\0' + '\2' + std::string(sub_blocks) + '\0';
}

std::string webp_file(std::string_view chunks) {
  return "RIFF" + le32(static_cast<std::uint32_t>(chunks.size() + 4)) + "WEBP" + std::string(chunks);
}

std::string webp_chunk(std::string_view type, std::string_view data) {
  std::string chunk = std::string(type) + le32(static_cast<std::uint32_t>(data.size())) + std::string(data);
  if (data.size() % 2 != 0) chunk.push_back('\0');
  return chunk;
}

std::string webp_canvas(int flags, std::uint32_t width, std::uint32_t height) {
  return webp_chunk("VP8X", static_cast<char>(flags) + std::string(3, '\0') + le24(width - 1) + le24(height - 1));
}

std::string webp_frame(std::uint32_t width, std::uint32_t height, std::string_view chunks) {
  return webp_chunk("ANMF",
                    le24(0) + le24(0) + le24(width - 1) + le24(height - 1) + le24(10) + '\0' + std::string(chunks));
}

std::string webp_lossless(std::uint32_t width, std::uint32_t height) {
  return webp_chunk("VP8L", "\x2F" + le32((width - 1) | (height - 1) << 14) + std::string(3, '\0'));
}

std::string iso_box(std::string_view type, std::string_view data) {
  return be32(static_cast<std::uint32_t>(data.size() + 8)) + std::string(type) + std::string(data);
}

}  // namespace lightfast::test
