#include <fmt/format.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "server/imaging/decode_image.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

struct DeleteAnimation {
  void operator()(WebPAnimDecoder* decoder) const { WebPAnimDecoderDelete(decoder); }
};

const std::uint8_t* data_of(Bytes file) {
  return reinterpret_cast<const std::uint8_t*>(file.data());
}

Result<void> decode_animation(Bytes file, const ImageFacts& facts) {
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return invalid("WebP: another version of the library");
  const WebPData data{data_of(file), file.size()};
  const std::unique_ptr<WebPAnimDecoder, DeleteAnimation> decoder(WebPAnimDecoderNew(&data, &options));
  WebPAnimInfo info{};
  if (!decoder || !WebPAnimDecoderGetInfo(decoder.get(), &info)) return invalid("WebP: the animation is damaged");
  if (auto same = check_decoded(facts, info.canvas_width, info.canvas_height, info.frame_count); !same) return same;
  std::uint32_t frames = 0;
  while (WebPAnimDecoderHasMoreFrames(decoder.get())) {
    std::uint8_t* pixels = nullptr;
    int timestamp_ms = 0;
    if (!WebPAnimDecoderGetNext(decoder.get(), &pixels, &timestamp_ms)) {
      return invalid(fmt::format("WebP: frame {} does not decode", frames + 1));
    }
    ++frames;
  }
  return check_decoded(facts, info.canvas_width, info.canvas_height, frames);
}

std::string_view reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "it needs more memory than is allowed";
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the data ends too early";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "it uses a feature that is not supported";
    default: return "the data is damaged";
  }
}

Result<void> decode_still(Bytes file, const ImageFacts& facts) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return invalid("WebP: another version of the library");
  config.output.colorspace = MODE_RGBA;
  const VP8StatusCode status = WebPDecode(data_of(file), file.size(), &config);
  const int width = config.output.width, height = config.output.height;
  WebPFreeDecBuffer(&config.output);
  if (status != VP8_STATUS_OK) return invalid(fmt::format("WebP: {}", reason(status)));
  return check_decoded(facts, static_cast<unsigned>(width), static_cast<unsigned>(height), 1);
}

}  // namespace

Result<void> decode_webp(Bytes file, const ImageFacts& facts) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data_of(file), file.size(), &features) != VP8_STATUS_OK) return invalid("WebP: no image in it");
  return features.has_animation ? decode_animation(file, facts) : decode_still(file, facts);
}

}  // namespace lightfast::imaging
