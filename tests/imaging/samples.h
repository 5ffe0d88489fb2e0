// Images made at test time by the formats' own libraries (libpng, libjpeg, libwebp, giflib, libavif), of every shape
// that is to be accepted. Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/imaging/format.h"

namespace lightfast::test {

struct Sample {
  std::string name;
  std::string bytes;
  imaging::Format format = imaging::Format::png;
  unsigned width = 0, height = 0, frames = 1;
};

std::vector<Sample> png_samples();
std::vector<Sample> jpeg_samples();
std::vector<Sample> webp_samples();
std::vector<Sample> gif_samples();
std::vector<Sample> avif_samples();
std::vector<Sample> all_samples();

// A byte of the picture that all of them show: gradients with some noise.
std::uint8_t picture(unsigned x, unsigned y, unsigned channel, unsigned frame = 0);

struct PngShape {
  unsigned width = 13, height = 11;
  int depth = 8, colour_type = 2;
  bool interlaced = false, transparent = false;
};
std::string make_png(const PngShape& shape);

struct JpegShape {
  unsigned width = 37, height = 29;
  int components = 3;
  std::array<int, 4> across{1, 1, 1, 1}, down{1, 1, 1, 1};
  bool progressive = false, arithmetic = false, one_scan_each = false, optimized = false;
  int restart_interval = 0;
  std::string exif;  // content of an APP1 segment
  std::string icc;   // content of an APP2 segment
};
std::string make_jpeg(const JpegShape& shape);

struct WebpShape {
  unsigned width = 21, height = 17, frames = 1;
  bool lossless = false, alpha = false;
};
std::string make_webp(const WebpShape& shape);

struct GifShape {
  unsigned width = 19, height = 15, frames = 1;
  bool interlaced = false, local_colours = false, comment = false;
};
std::string make_gif(const GifShape& shape);

struct AvifShape {
  unsigned width = 24, height = 18, frames = 1;
  int depth = 8, subsampling = 420;  // 444, 422, 420, 400
  bool alpha = false, grid = false;
};
std::string make_avif(const AvifShape& shape);

}  // namespace lightfast::test
