#include "server/imaging/decode_image.h"

#include <fmt/format.h>

#include "server/imaging/structure.h"

namespace lightfast::imaging {

Result<void> check_decoded(const ImageFacts& facts, std::uint64_t width, std::uint64_t height, std::uint64_t frames) {
  if (width == facts.width && height == facts.height && frames == facts.frames) return {};
  return invalid(fmt::format("it decodes to {} x {} pixels in {} frames, but its structure says {} x {} in {}", width,
                             height, frames, facts.width, facts.height, facts.frames));
}

Result<void> decode_image(Bytes file, const ImageFacts& facts) {
  switch (facts.format) {
    case Format::png: return decode_png(file, facts);
    case Format::jpeg: return decode_jpeg(file, facts);
    case Format::webp: return decode_webp(file, facts);
    case Format::gif: return decode_gif(file, facts);
    case Format::avif: return decode_avif(file, facts);
  }
  return invalid("a format that is not decoded");
}

}  // namespace lightfast::imaging
