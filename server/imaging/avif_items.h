// AVIF's still image: the meta box with its items, where their bytes lie and how large they are. Pure functions.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "server/imaging/byte_reader.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

struct AvifItems {
  std::uint32_t width = 0, height = 0;  // of the primary item
  std::uint64_t item_pixels = 0;        // of all items: grid, tiles, alpha, thumbnails
  std::uint32_t pixel_bytes = 0;        // as the av1C properties have it, three planes and alpha; 0 where none stands
};

// `meta` is the content of the meta box. Every item's bytes must lie within the file, no item may be over the limits,
// and the primary one must have a size.
Result<AvifItems> read_avif_items(Bytes meta, std::uint64_t file_bytes, const Limits& limits);

// Bytes of a pixel with alpha by an AV1 configuration (av1C); 0 where it is cut.
std::uint32_t av1_pixel_bytes(Bytes configuration);

}  // namespace lightfast::imaging
