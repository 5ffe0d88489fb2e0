// Proves JPEG's entropy-coded data with libjpeg: every block has its code, every restart marker its place. stb_image
// fills up with grey what a scan lacks, and says nothing. One thread at a time.
#pragma once

#include "base/error.h"
#include "server/imaging/byte_reader.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

// stb_image has no code for two components; libjpeg has.
enum class JpegKind { common, rare };

// A common image is read at an eighth of its size, which reads all codes and computes few pixels; a rare one whole.
Result<JpegKind> prove_jpeg_entropy(Bytes file, const ImageFacts& facts);

}  // namespace lightfast::imaging
