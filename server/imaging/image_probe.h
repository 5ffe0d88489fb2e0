// What an image says of itself, and whether its bytes are all there, without decoding a pixel: PNG chunks with CRCs to
// IEND, JPEG segments to EOI, GIF blocks to the trailer, RIFF and ISO-BMFF box sizes to the end of the file.
// Pure functions over bytes in memory; they never read outside, never allocate by what the image claims, and take
// time linear in the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "server/imaging/format.h"

namespace lightfast::imaging {

struct Limits {
  std::uint64_t max_bytes = 52'428'800;
  std::uint64_t max_pixels = 50'000'000;  // of the canvas; canvas × frames at most twice that
  std::uint32_t max_side = 16'384;
};

struct ImageFacts {
  Format format = Format::png;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t frames = 1;
  std::uint64_t decode_bytes = 0;  // estimate of the memory that a full decode takes, for the decoders' budget
};

// Errc::unsupported_image: none of the five kinds. Errc::invalid_image: broken or cut, `detail` says where.
// Errc::too_many_pixels: over `limits`. Errc::too_large: over max_bytes.
Result<ImageFacts> probe(std::span<const std::byte> bytes, const Limits& limits);

}  // namespace lightfast::imaging
