#include <webp/encode.h>
#include <webp/mux.h>

#include <stdexcept>

#include "tests/imaging/samples.h"

namespace lightfast::test {
namespace {

[[noreturn]] void fail() {
  throw std::runtime_error("libwebp cannot make this image");
}

class Picture {
 public:
  Picture(const WebpShape& shape, unsigned frame) {
    if (!WebPPictureInit(&picture_)) fail();
    picture_.width = static_cast<int>(shape.width);
    picture_.height = static_cast<int>(shape.height);
    picture_.use_argb = 1;
    std::vector<std::uint8_t> rgba;
    for (unsigned y = 0; y < shape.height; ++y) {
      for (unsigned x = 0; x < shape.width; ++x) {
        for (unsigned c = 0; c < 3; ++c) rgba.push_back(picture(x, y, c, frame));
        rgba.push_back(shape.alpha ? picture(x, y, 3, frame) : 255);
      }
    }
    if (!WebPPictureImportRGBA(&picture_, rgba.data(), static_cast<int>(shape.width) * 4)) fail();
  }
  ~Picture() { WebPPictureFree(&picture_); }
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  WebPPicture* get() { return &picture_; }

 private:
  WebPPicture picture_;
};

WebPConfig config_of(const WebpShape& shape) {
  WebPConfig config;
  if (!WebPConfigInit(&config)) fail();
  config.lossless = shape.lossless ? 1 : 0;
  config.quality = 70;
  config.method = 2;
  return config;
}

std::string make_still(const WebpShape& shape) {
  Picture source(shape, 0);
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  source.get()->writer = WebPMemoryWrite;
  source.get()->custom_ptr = &writer;
  const WebPConfig config = config_of(shape);
  if (!WebPEncode(&config, source.get())) fail();
  std::string bytes(reinterpret_cast<const char*>(writer.mem), writer.size);
  WebPMemoryWriterClear(&writer);
  return bytes;
}

std::string make_animation(const WebpShape& shape) {
  WebPAnimEncoder* encoder = WebPAnimEncoderNew(static_cast<int>(shape.width), static_cast<int>(shape.height), nullptr);
  const WebPConfig config = config_of(shape);
  int time_ms = 0;
  for (unsigned frame = 0; frame < shape.frames; ++frame, time_ms += 40) {
    Picture source(shape, frame);
    if (!WebPAnimEncoderAdd(encoder, source.get(), time_ms, &config)) fail();
  }
  WebPData data;
  WebPDataInit(&data);
  if (!WebPAnimEncoderAdd(encoder, nullptr, time_ms, nullptr) || !WebPAnimEncoderAssemble(encoder, &data)) fail();
  std::string bytes(reinterpret_cast<const char*>(data.bytes), data.size);
  WebPDataClear(&data);
  WebPAnimEncoderDelete(encoder);
  return bytes;
}

}  // namespace

std::string make_webp(const WebpShape& shape) {
  return shape.frames > 1 ? make_animation(shape) : make_still(shape);
}

std::vector<Sample> webp_samples() {
  std::vector<Sample> samples;
  for (const unsigned frames : {1u, 3u}) {
    for (const bool lossless : {false, true}) {
      for (const bool alpha : {false, true}) {
        for (const auto& [width, height] : {std::pair{21u, 17u}, {1u, 1u}, {16u, 32u}}) {
          const WebpShape shape{width, height, frames, lossless, alpha};
          const std::string name = std::string("WebP, ") + (lossless ? "lossless" : "lossy") +
                                   (alpha ? ", alpha" : "") + ", " + std::to_string(width) + " wide, " +
                                   std::to_string(frames) + " frames";
          samples.push_back({name, make_webp(shape), imaging::Format::webp, width, height, frames});
        }
      }
    }
  }
  return samples;
}

}  // namespace lightfast::test
