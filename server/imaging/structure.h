// The five structure walks behind probe(), one file each, and what they share. Pure functions over bytes in memory:
// nothing is decoded, nothing allocated by what the image claims.
#pragma once

#include <string>

#include "server/imaging/byte_reader.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

Result<ImageFacts> read_png_structure(Bytes file, const Limits& limits);
Result<ImageFacts> read_jpeg_structure(Bytes file, const Limits& limits);
Result<ImageFacts> read_gif_structure(Bytes file, const Limits& limits);
Result<ImageFacts> read_webp_structure(Bytes file, const Limits& limits);
Result<ImageFacts> read_avif_structure(Bytes file, const Limits& limits);

// Errc::invalid_image where a side is zero, Errc::too_many_pixels where the canvas is over the limits.
Result<void> check_canvas(std::uint64_t width, std::uint64_t height, const Limits& limits);

// Errc::too_many_pixels where width × height × frames is more than twice the pixels allowed, or the frames are more
// than 100,000.
Result<void> check_frames(std::uint64_t width, std::uint64_t height, std::uint64_t frames, const Limits& limits);

inline Error invalid(std::string detail) {
  return {Errc::invalid_image, std::move(detail)};
}

}  // namespace lightfast::imaging
