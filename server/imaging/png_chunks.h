// PNG's chunks and header, for the structure walk and for the decoder. Pure functions.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "server/imaging/byte_reader.h"

namespace lightfast::imaging {

inline constexpr std::size_t kPngSignatureBytes = 8;

struct PngChunk {
  std::uint32_t type = 0;
  Bytes data;
  Bytes covered;  // type and data: what the CRC is taken of
  std::uint32_t stated_crc = 0;

  bool crc_matches() const;
  bool is_critical() const { return (type & 0x20000000u) == 0; }  // first letter upper-case
};

// The next chunk, bounds checked, CRC not. Errc::invalid_image where the file ends inside it.
Result<PngChunk> next_png_chunk(ByteReader& reader);

struct PngHeader {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t depth = 0;
  std::uint32_t colour_type = 0;
  bool interlaced = false;

  bool has_palette() const { return colour_type == 3; }
  std::uint32_t channels() const;                       // as stored: an index is one
  std::uint64_t row_bytes(std::uint64_t pixels) const;  // without the filter byte
  // Calls visit(row_bytes, rows) for the one pass, or each non-empty one of Adam7, of a frame of that size.
  template <class Visit>
  void each_pass(std::uint32_t frame_width, std::uint32_t frame_height, Visit visit) const;
  // What the frame inflates to, filter bytes included.
  std::uint64_t raw_bytes(std::uint32_t frame_width, std::uint32_t frame_height) const;
};

Result<PngHeader> parse_png_header(Bytes data);  // IHDR

// fcTL: the rectangle of an animation's frame.
struct PngFrame {
  std::uint32_t sequence = 0;
  std::uint32_t width = 0, height = 0, left = 0, top = 0;
};
Result<PngFrame> parse_png_frame(Bytes data, const PngHeader& header);

template <class Visit>
void PngHeader::each_pass(std::uint32_t frame_width, std::uint32_t frame_height, Visit visit) const {
  if (!interlaced) return visit(row_bytes(frame_width), std::uint64_t{frame_height});
  // PNG (third edition) 8.1, Adam7: first column, first row, column step, row step.
  static constexpr std::uint32_t kPasses[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                                  {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
  for (const auto& [x, y, step_x, step_y] : kPasses) {
    if (frame_width <= x || frame_height <= y) continue;
    visit(row_bytes((std::uint64_t{frame_width} - x + step_x - 1) / step_x),
          (std::uint64_t{frame_height} - y + step_y - 1) / step_y);
  }
}

}  // namespace lightfast::imaging
