// Proves PNG's compressed pixels: the zlib stream is whole, its checksum right, and it gives exactly the rows that the
// header states. stb_image looks at none of the three. Pure function.
#pragma once

#include <array>

#include "base/error.h"
#include "server/imaging/png_chunks.h"

namespace lightfast::imaging {

// IDAT, and fdAT of every frame of an animation. Returns the number of frames; 1 without an animation.
Result<std::uint32_t> prove_png_pixels(Bytes file);

}  // namespace lightfast::imaging
