#include "server/imaging/png_chunks.h"

#include <fmt/format.h>
#include <zlib.h>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

bool is_letter(std::uint32_t c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// PNG 11.2.1, table 12.
bool is_allowed_depth(std::uint32_t colour_type, std::uint32_t depth) {
  switch (colour_type) {
    case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6: return depth == 8 || depth == 16;
    default: return false;
  }
}

}  // namespace

bool PngChunk::crc_matches() const {
  const auto* bytes = reinterpret_cast<const Bytef*>(covered.data());
  return crc32(0, bytes, static_cast<uInt>(covered.size())) == stated_crc;
}

Result<PngChunk> next_png_chunk(ByteReader& reader) {
  const std::size_t at = reader.position();
  const auto head = reader.take(8);
  if (!head) return invalid(fmt::format("PNG: the file ends at byte {}, before its IEND chunk", at));
  const std::uint32_t length = be32(*head);
  for (std::size_t i = 4; i < 8; ++i) {
    if (!is_letter(u8(*head, i))) return invalid(fmt::format("PNG: no chunk begins at byte {}", at));
  }
  if (length > 0x7FFFFFFFu) return invalid(fmt::format("PNG: the chunk at byte {} is too long", at));
  const Bytes covered_onwards = head->subspan(4);
  const auto body = reader.take(std::uint64_t{length} + 4);
  if (!body) return invalid(fmt::format("PNG: the file ends inside the chunk at byte {}", at));
  return PngChunk{be32(*head, 4), body->first(length), Bytes(covered_onwards.data(), std::size_t{length} + 4),
                  be32(*body, length)};
}

std::uint32_t PngHeader::channels() const {
  switch (colour_type) {
    case 2: return 3;
    case 4: return 2;
    case 6: return 4;
    default: return 1;
  }
}

std::uint64_t PngHeader::row_bytes(std::uint64_t pixels) const {
  return (pixels * channels() * depth + 7) / 8;
}

std::uint64_t PngHeader::raw_bytes(std::uint32_t frame_width, std::uint32_t frame_height) const {
  std::uint64_t total = 0;
  each_pass(frame_width, frame_height, [&](std::uint64_t row, std::uint64_t rows) { total += (row + 1) * rows; });
  return total;
}

Result<PngHeader> parse_png_header(Bytes data) {
  if (data.size() != 13) return invalid("PNG: IHDR is not 13 bytes long");
  PngHeader header{be32(data), be32(data, 4), u8(data, 8), u8(data, 9), u8(data, 12) == 1};
  if (!is_allowed_depth(header.colour_type, header.depth)) {
    return invalid(fmt::format("PNG: colour type {} with {} bits is not allowed", header.colour_type, header.depth));
  }
  if (u8(data, 10) != 0 || u8(data, 11) != 0 || u8(data, 12) > 1) {
    return invalid("PNG: unknown compression, filter or interlace method");
  }
  return header;
}

Result<PngFrame> parse_png_frame(Bytes data, const PngHeader& header) {
  if (data.size() != 26) return invalid("PNG: fcTL is not 26 bytes long");
  const PngFrame frame{be32(data), be32(data, 4), be32(data, 8), be32(data, 12), be32(data, 16)};
  const bool within = frame.width != 0 && frame.height != 0 &&
                      std::uint64_t{frame.left} + frame.width <= header.width &&
                      std::uint64_t{frame.top} + frame.height <= header.height;
  if (!within) return invalid("PNG: a frame of the animation lies outside the canvas");
  return frame;
}

}  // namespace lightfast::imaging
