#include <avif/avif.h>

#include <memory>
#include <stdexcept>

#include "tests/imaging/samples.h"

namespace lightfast::test {
namespace {

struct Destroy {
  void operator()(avifImage* image) const { avifImageDestroy(image); }
  void operator()(avifEncoder* encoder) const { avifEncoderDestroy(encoder); }
};
using Image = std::unique_ptr<avifImage, Destroy>;

void must(avifResult result) {
  if (result != AVIF_RESULT_OK) {
    throw std::runtime_error(std::string("libavif cannot make this image: ") + avifResultToString(result));
  }
}

avifPixelFormat format_of(int subsampling) {
  switch (subsampling) {
    case 444: return AVIF_PIXEL_FORMAT_YUV444;
    case 422: return AVIF_PIXEL_FORMAT_YUV422;
    case 400: return AVIF_PIXEL_FORMAT_YUV400;
    default: return AVIF_PIXEL_FORMAT_YUV420;
  }
}

Image make_frame(const AvifShape& shape, unsigned frame) {
  Image image(avifImageCreate(shape.width, shape.height, static_cast<std::uint32_t>(shape.depth),
                              format_of(shape.subsampling)));
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, image.get());
  rgb.depth = 8;
  rgb.format = shape.alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  const unsigned channels = shape.alpha ? 4 : 3;
  std::vector<std::uint8_t> pixels;
  for (unsigned y = 0; y < shape.height; ++y) {
    for (unsigned x = 0; x < shape.width; ++x) {
      for (unsigned c = 0; c < channels; ++c) pixels.push_back(picture(x, y, c, frame));
    }
  }
  rgb.pixels = pixels.data();
  rgb.rowBytes = shape.width * channels;
  must(avifImageRGBToYUV(image.get(), &rgb));
  return image;
}

}  // namespace

std::string make_avif(const AvifShape& shape) {
  const std::unique_ptr<avifEncoder, Destroy> encoder(avifEncoderCreate());
  encoder->speed = AVIF_SPEED_FASTEST;
  encoder->maxThreads = 1;
  if (shape.grid) {  // two tiles, side by side
    const Image left = make_frame(shape, 0), right = make_frame(shape, 1);
    const avifImage* tiles[] = {left.get(), right.get()};
    must(avifEncoderAddImageGrid(encoder.get(), 2, 1, tiles, AVIF_ADD_IMAGE_FLAG_SINGLE));
  } else {
    for (unsigned frame = 0; frame < shape.frames; ++frame) {
      const Image image = make_frame(shape, frame);
      must(avifEncoderAddImage(encoder.get(), image.get(), 1,
                               shape.frames == 1 ? AVIF_ADD_IMAGE_FLAG_SINGLE : AVIF_ADD_IMAGE_FLAG_NONE));
    }
  }
  avifRWData output = AVIF_DATA_EMPTY;
  must(avifEncoderFinish(encoder.get(), &output));
  std::string bytes(reinterpret_cast<const char*>(output.data), output.size);
  avifRWDataFree(&output);
  return bytes;
}

std::vector<Sample> avif_samples() {
  std::vector<Sample> samples;
  const auto add = [&samples](const std::string& name, const AvifShape& shape) {
    samples.push_back({"AVIF, " + name, make_avif(shape), imaging::Format::avif, shape.width * (shape.grid ? 2 : 1),
                       shape.height, shape.frames});
  };
  for (const int subsampling : {444, 422, 420, 400}) {
    add(std::to_string(subsampling) + ", 10 bits", {25, 19, 1, 10, subsampling});
  }
  add("8 bits", {24, 18});
  add("12 bits", {24, 18, 1, 12});
  add("alpha", {24, 18, 1, 8, 420, true});
  add("alpha, 10 bits", {24, 18, 1, 10, 444, true});
  add("1 x 1", {1, 1});
  add("a sequence", {24, 18, 3});
  add("a sequence with alpha", {24, 18, 3, 8, 420, true});
  add("a grid", {64, 64, 1, 8, 420, false, true});
  return samples;
}

}  // namespace lightfast::test
