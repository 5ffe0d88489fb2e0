#include <fmt/format.h>
#include <stb/stb_image.h>

#include <algorithm>
#include <climits>
#include <memory>

#include "server/imaging/decode_image.h"
#include "server/imaging/jpeg_entropy.h"
#include "server/imaging/png_pixels.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

struct FreePixels {
  void operator()(void* pixels) const { stbi_image_free(pixels); }
};
using Pixels = std::unique_ptr<void, FreePixels>;

enum class Samples { eight_bits, sixteen_bits };

// `channels` of 0: as stored.
Result<void> decode_with_stb(Bytes file, const ImageFacts& facts, Samples samples, int channels) {
  if (file.size() > INT_MAX) return invalid("it is larger than 2 GiB");
  const auto* bytes = reinterpret_cast<const stbi_uc*>(file.data());
  const int size = static_cast<int>(file.size());
  int width = 0, height = 0, stored = 0;
  const Pixels pixels(
      samples == Samples::sixteen_bits
          ? static_cast<void*>(stbi_load_16_from_memory(bytes, size, &width, &height, &stored, channels))
          : stbi_load_from_memory(bytes, size, &width, &height, &stored, channels));
  if (!pixels) return invalid(fmt::format("it does not decode: {}", stbi_failure_reason()));
  return check_decoded(facts, static_cast<unsigned>(width), static_cast<unsigned>(height), facts.frames);
}

}  // namespace

Result<void> decode_png(Bytes file, const ImageFacts& facts) {
  const auto frames = prove_png_pixels(file);
  if (!frames) return frames.error();
  if (auto same = check_decoded(facts, facts.width, facts.height, *frames); !same) return same;
  // Its own check of the depth would convert 8 bits to 16 otherwise, and the other way round.
  const bool deep = stbi_is_16_bit_from_memory(reinterpret_cast<const stbi_uc*>(file.data()),
                                               static_cast<int>(std::min<std::size_t>(file.size(), INT_MAX))) != 0;
  return decode_with_stb(file, facts, deep ? Samples::sixteen_bits : Samples::eight_bits, 0);
}

// One channel is enough to decode all components; only the conversion to colours is left out.
Result<void> decode_jpeg(Bytes file, const ImageFacts& facts) {
  const auto kind = prove_jpeg_entropy(file, facts);
  if (!kind) return kind.error();
  if (*kind == JpegKind::rare) return {};
  return decode_with_stb(file, facts, Samples::eight_bits, 1);
}

}  // namespace lightfast::imaging
