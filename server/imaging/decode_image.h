// Decodes every pixel of every frame, and keeps none: what runs in the child process. The bytes are untrusted and the
// libraries are too; nothing but the child calls this. One thread at a time.
#pragma once

#include "base/error.h"
#include "server/imaging/byte_reader.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

// Errc::invalid_image where the bytes don't decode, or to another size or number of frames than `facts` say.
Result<void> decode_image(Bytes file, const ImageFacts& facts);

Result<void> decode_png(Bytes file, const ImageFacts& facts);
Result<void> decode_jpeg(Bytes file, const ImageFacts& facts);
Result<void> decode_webp(Bytes file, const ImageFacts& facts);
Result<void> decode_gif(Bytes file, const ImageFacts& facts);
Result<void> decode_avif(Bytes file, const ImageFacts& facts);

// Errc::invalid_image unless what was decoded is what the file's structure promised.
Result<void> check_decoded(const ImageFacts& facts, std::uint64_t width, std::uint64_t height, std::uint64_t frames);

}  // namespace lightfast::imaging
