#include <png.h>

#include <csetjmp>
#include <stdexcept>

#include "tests/imaging/samples.h"

namespace lightfast::test {
namespace {

void append(png_structp png, png_bytep data, png_size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
}

int channels_of(int colour_type) {
  switch (colour_type) {
    case PNG_COLOR_TYPE_RGB: return 3;
    case PNG_COLOR_TYPE_GRAY_ALPHA: return 2;
    case PNG_COLOR_TYPE_RGB_ALPHA: return 4;
    default: return 1;
  }
}

void write_palette(png_structp png, png_infop info, const PngShape& shape) {
  png_color colours[256];
  png_byte alpha[256];
  const int count = 1 << shape.depth;
  for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
    colours[i] = {picture(i, 0, 0), picture(i, 0, 1), picture(i, 0, 2)};
    alpha[i] = static_cast<png_byte>(i * 7);
  }
  png_set_PLTE(png, info, colours, count);
  if (shape.transparent) png_set_tRNS(png, info, alpha, count, nullptr);
}

std::vector<std::vector<png_byte>> rows_of(const PngShape& shape) {
  const std::size_t bits = shape.width * static_cast<std::size_t>(channels_of(shape.colour_type) * shape.depth);
  std::vector<std::vector<png_byte>> rows(shape.height, std::vector<png_byte>((bits + 7) / 8));
  for (unsigned y = 0; y < shape.height; ++y) {
    for (unsigned x = 0; x < rows[y].size(); ++x) rows[y][x] = picture(x, y, 0);
  }
  return rows;
}

}  // namespace

std::string make_png(const PngShape& shape) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  auto rows = rows_of(shape);
  std::vector<png_bytep> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  if (setjmp(png_jmpbuf(png))) throw std::runtime_error("libpng cannot make this image");
  png_set_write_fn(png, &bytes, append, nullptr);
  png_set_IHDR(png, info, shape.width, shape.height, shape.depth, shape.colour_type,
               shape.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (shape.colour_type == PNG_COLOR_TYPE_PALETTE) {
    write_palette(png, info, shape);
  } else if (shape.transparent) {
    const png_color_16 colour{0, 1, 2, 3, 1};
    png_set_tRNS(png, info, nullptr, 0, &colour);
  }
  png_write_info(png, info);
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::vector<Sample> png_samples() {
  struct Kind {
    int colour_type;
    std::vector<int> depths;
  };
  const Kind kinds[] = {{0, {1, 2, 4, 8, 16}}, {2, {8, 16}}, {3, {1, 2, 4, 8}}, {4, {8, 16}}, {6, {8, 16}}};
  std::vector<Sample> samples;
  for (const auto& [colour_type, depths] : kinds) {
    for (const int depth : depths) {
      for (const bool interlaced : {false, true}) {
        for (const bool transparent : {false, true}) {
          if (transparent && colour_type >= 4) continue;
          const std::string name = "PNG, colour type " + std::to_string(colour_type) + ", " + std::to_string(depth) +
                                   " bits" + (interlaced ? ", interlaced" : "") + (transparent ? ", tRNS" : "");
          const PngShape shape{13, 11, depth, colour_type, interlaced, transparent};
          samples.push_back({name, make_png(shape), imaging::Format::png, 13, 11});
        }
      }
    }
  }
  for (const unsigned side : {1u, 2u, 3u, 5u, 8u, 9u, 33u}) {
    const PngShape shape{side, side == 1 ? 1 : side - 1, 1, 0, true};
    samples.push_back({"PNG, Adam7 of side " + std::to_string(side), make_png(shape), imaging::Format::png, shape.width,
                       shape.height});
  }
  return samples;
}

}  // namespace lightfast::test
