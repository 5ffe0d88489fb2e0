#include <avif/avif.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "server/imaging/decode_image.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

constexpr std::uint32_t kSmallTileSide = 4096;
constexpr std::uint64_t kSmallTilePixels = std::uint64_t{kSmallTileSide} * kSmallTileSide;

struct DestroyDecoder {
  void operator()(avifDecoder* decoder) const { avifDecoderDestroy(decoder); }
};

Error failed(avifResult result) {
  return invalid(fmt::format("AVIF: {}", avifResultToString(result)));
}

Result<void> decode(Bytes file, const ImageFacts& facts, avifDecoderSource source) {
  const std::unique_ptr<avifDecoder, DestroyDecoder> decoder(avifDecoderCreate());
  if (!decoder) return invalid("AVIF: no memory to decode it");
  decoder->maxThreads = 1;
  decoder->requestedSource = source;
  decoder->strictFlags = AVIF_STRICT_CLAP_VALID | AVIF_STRICT_ALPHA_ISPE_REQUIRED;  // older encoders write no pixi
  // The tiles of a grid may be larger than the image that is cut from them.
  const std::uint64_t pixels = std::max<std::uint64_t>(kSmallTilePixels, std::uint64_t{facts.width} * facts.height * 2);
  decoder->imageSizeLimit = static_cast<std::uint32_t>(std::min<std::uint64_t>(pixels, AVIF_DEFAULT_IMAGE_SIZE_LIMIT));
  decoder->imageDimensionLimit = std::max<std::uint32_t>({facts.width, facts.height, kSmallTileSide});
  decoder->imageCountLimit = facts.frames;
  decoder->ignoreExif = AVIF_TRUE;
  decoder->ignoreXMP = AVIF_TRUE;
  auto result = avifDecoderSetIOMemory(decoder.get(), reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  if (result == AVIF_RESULT_OK) result = avifDecoderParse(decoder.get());
  if (result != AVIF_RESULT_OK) return failed(result);
  std::uint32_t frames = 0;
  while ((result = avifDecoderNextImage(decoder.get())) == AVIF_RESULT_OK) {
    ++frames;
    if (auto same = check_decoded(facts, decoder->image->width, decoder->image->height, facts.frames); !same)
      return same;
  }
  if (result != AVIF_RESULT_NO_IMAGES_REMAINING) return failed(result);
  return check_decoded(facts, facts.width, facts.height, frames);
}

}  // namespace

Result<void> decode_avif(Bytes file, const ImageFacts& facts) {
  return decode(file, facts, facts.frames > 1 ? AVIF_DECODER_SOURCE_TRACKS : AVIF_DECODER_SOURCE_AUTO);
}

}  // namespace lightfast::imaging
