#include <gif_lib.h>

#include <stdexcept>

#include "tests/imaging/samples.h"

namespace lightfast::test {
namespace {

void must(int status) {
  if (status != GIF_OK) throw std::runtime_error("giflib cannot make this image");
}

int append(GifFileType* gif, const GifByteType* data, int size) {
  static_cast<std::string*>(gif->UserData)->append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  return size;
}

void put_rows(GifFileType* gif, const GifShape& shape, unsigned frame) {
  std::vector<GifPixelType> row(shape.width);
  const auto put_row = [&](unsigned y) {
    for (unsigned x = 0; x < shape.width; ++x) row[x] = picture(x, y, 0, frame) & 15;
    must(EGifPutLine(gif, row.data(), static_cast<int>(shape.width)));
  };
  if (!shape.interlaced) {
    for (unsigned y = 0; y < shape.height; ++y) put_row(y);
    return;
  }
  for (const auto& [first, step] : {std::pair{0u, 8u}, {4u, 8u}, {2u, 4u}, {1u, 2u}}) {
    for (unsigned y = first; y < shape.height; y += step) put_row(y);
  }
}

}  // namespace

std::string make_gif(const GifShape& shape) {
  std::string bytes;
  int error = 0;
  GifFileType* gif = EGifOpen(&bytes, append, &error);
  if (gif == nullptr) throw std::runtime_error("giflib cannot begin an image");
  EGifSetGifVersion(gif, true);
  ColorMapObject* colours = GifMakeMapObject(16, nullptr);
  for (unsigned i = 0; i < 16; ++i) colours->Colors[i] = {picture(i, 0, 0), picture(i, 0, 1), picture(i, 0, 2)};
  const int width = static_cast<int>(shape.width), height = static_cast<int>(shape.height);
  must(EGifPutScreenDesc(gif, width, height, 4, 0, shape.local_colours ? nullptr : colours));
  if (shape.comment) must(EGifPutComment(gif, std::string(700, 'c').c_str()));
  for (unsigned frame = 0; frame < shape.frames; ++frame) {
    const GifByteType control[4] = {5, 10, 0, 3};
    must(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, sizeof control, control));
    must(EGifPutImageDesc(gif, 0, 0, width, height, shape.interlaced, shape.local_colours ? colours : nullptr));
    put_rows(gif, shape, frame);
  }
  GifFreeMapObject(colours);
  must(EGifCloseFile(gif, &error));
  return bytes;
}

std::vector<Sample> gif_samples() {
  std::vector<Sample> samples;
  for (const unsigned frames : {1u, 4u}) {
    for (const bool interlaced : {false, true}) {
      for (const bool local_colours : {false, true}) {
        for (const auto& [width, height] : {std::pair{19u, 15u}, {1u, 1u}, {200u, 120u}}) {
          if (width == 200 && frames > 1) continue;
          const GifShape shape{width, height, frames, interlaced, local_colours, local_colours};
          const std::string name = std::string("GIF") + (interlaced ? ", interlaced" : "") +
                                   (local_colours ? ", local colours" : "") + ", " + std::to_string(width) + " wide, " +
                                   std::to_string(frames) + " frames";
          samples.push_back({name, make_gif(shape), imaging::Format::gif, width, height, frames});
        }
      }
    }
  }
  return samples;
}

}  // namespace lightfast::test
