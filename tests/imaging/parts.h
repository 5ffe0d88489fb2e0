// Pieces of image files, to put together what no library would make. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "server/imaging/image_probe.h"

namespace lightfast::test {

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

inline Result<imaging::ImageFacts> probe(const std::string& file, const imaging::Limits& limits = {}) {
  return imaging::probe(bytes_of(file), limits);
}

UniqueFd file_with(const std::string& bytes);  // in memory

std::string be16(std::uint32_t value);
std::string be32(std::uint32_t value);
std::string le16(std::uint32_t value);
std::string le24(std::uint32_t value);
std::string le32(std::uint32_t value);

std::string repeated(std::string_view text, std::size_t times);
std::string deflated(const std::string& raw);  // a zlib stream
// `file` with the bytes at `at` replaced.
std::string patched(std::string file, std::size_t at, std::string_view bytes);
// Where `text` stands; throws where it does not.
std::size_t position_of(const std::string& file, std::string_view text, std::size_t from = 0);

// PNG
std::string png_file(std::string_view chunks);  // with the signature
std::string png_chunk(std::string_view type, std::string_view data);
std::string png_header(std::uint32_t width, std::uint32_t height, int depth = 8, int colour_type = 0,
                       int interlace = 0);                                         // IHDR
std::string png_pixels(std::uint32_t width, std::uint32_t height, int value = 0);  // a zlib stream of 8-bit grey rows
std::string png_frame(std::uint32_t sequence, std::uint32_t width, std::uint32_t height);  // fcTL
std::string animated_png(std::uint32_t width, std::uint32_t height, std::uint32_t frames);

// JPEG
std::string jpeg_segment(char marker, std::string_view data);

// GIF
std::string gif_screen(std::uint32_t width, std::uint32_t height);  // without a colour table
std::string gif_frame(std::uint32_t width, std::uint32_t height, std::string_view sub_blocks);

// WebP
std::string webp_file(std::string_view chunks);
std::string webp_chunk(std::string_view type, std::string_view data);
std::string webp_canvas(int flags, std::uint32_t width, std::uint32_t height);               // VP8X
std::string webp_frame(std::uint32_t width, std::uint32_t height, std::string_view chunks);  // ANMF
std::string webp_lossless(std::uint32_t width, std::uint32_t height);                        // VP8L, of no pixels

// AVIF
std::string iso_box(std::string_view type, std::string_view data);

}  // namespace lightfast::test
