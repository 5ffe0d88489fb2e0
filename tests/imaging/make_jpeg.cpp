#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <jpeglib.h>

#include "tests/imaging/samples.h"

namespace lightfast::test {
namespace {

[[noreturn]] void fail(j_common_ptr info) {
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  throw std::runtime_error(std::string("libjpeg cannot make this image: ") + text);
}

void set_components(jpeg_compress_struct& info, const JpegShape& shape) {
  info.input_components = shape.components;
  switch (shape.components) {
    case 1: info.in_color_space = JCS_GRAYSCALE; break;
    case 3: info.in_color_space = JCS_RGB; break;
    case 4: info.in_color_space = JCS_CMYK; break;
    default: info.in_color_space = JCS_UNKNOWN; break;
  }
  jpeg_set_defaults(&info);
  for (int i = 0; i < info.num_components; ++i) {
    info.comp_info[i].h_samp_factor = shape.across[static_cast<std::size_t>(i)];
    info.comp_info[i].v_samp_factor = shape.down[static_cast<std::size_t>(i)];
  }
}

void write_rows(jpeg_compress_struct& info, const JpegShape& shape) {
  std::vector<JSAMPLE> row(std::size_t{shape.width} * static_cast<std::size_t>(shape.components));
  for (unsigned y = 0; y < shape.height; ++y) {
    for (unsigned x = 0; x < row.size(); ++x) row[x] = picture(x, y, 0);
    JSAMPROW pointer = row.data();
    jpeg_write_scanlines(&info, &pointer, 1);
  }
}

void write_segment(jpeg_compress_struct& info, int marker, const std::string& content) {
  if (content.empty()) return;
  jpeg_write_marker(&info, marker, reinterpret_cast<const JOCTET*>(content.data()),
                    static_cast<unsigned>(content.size()));
}

}  // namespace

std::string make_jpeg(const JpegShape& shape) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  errors.error_exit = fail;
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = shape.width;
  info.image_height = shape.height;
  set_components(info, shape);
  jpeg_set_quality(&info, 80, TRUE);
  if (shape.progressive) jpeg_simple_progression(&info);
  std::vector<jpeg_scan_info> scans;
  if (shape.one_scan_each) {
    for (int i = 0; i < info.num_components; ++i) scans.push_back({1, {i}, 0, 63, 0, 0});
    info.scan_info = scans.data();
    info.num_scans = static_cast<int>(scans.size());
  }
  info.arith_code = shape.arithmetic ? TRUE : FALSE;
  info.optimize_coding = shape.optimized ? TRUE : FALSE;
  info.restart_interval = static_cast<unsigned>(shape.restart_interval);
  jpeg_start_compress(&info, TRUE);
  write_segment(info, JPEG_APP0 + 1, shape.exif);
  write_segment(info, JPEG_APP0 + 2, shape.icc);
  write_rows(info, shape);
  jpeg_finish_compress(&info);
  std::string bytes(reinterpret_cast<const char*>(memory), size);
  jpeg_destroy_compress(&info);
  std::free(memory);
  return bytes;
}

namespace {

struct Kind {
  std::string name;
  JpegShape shape;
};

std::vector<Kind> sampling_kinds() {
  struct Sampling {
    const char* name;
    int across, down;
  };
  std::vector<Kind> kinds;
  for (const auto& [name, across, down] : {Sampling{"4:4:4", 1, 1},
                                           {"4:2:2", 2, 1},
                                           {"4:2:0", 2, 2},
                                           {"4:4:0", 1, 2},
                                           {"4:1:1", 4, 1},
                                           {"4:1:0", 4, 2},
                                           {"4:4:1", 1, 4},
                                           {"3:1:1", 3, 1}}) {
    for (const bool progressive : {false, true}) {
      JpegShape shape;
      shape.across[0] = across;
      shape.down[0] = down;
      shape.progressive = progressive;
      kinds.push_back({name + std::string(progressive ? ", progressive" : ""), shape});
    }
  }
  return kinds;
}

std::vector<Kind> other_kinds() {
  std::vector<Kind> kinds;
  const auto add = [&kinds](std::string name, auto change) {
    JpegShape shape;
    change(shape);
    kinds.push_back({std::move(name), shape});
  };
  add("grey", [](JpegShape& s) { s.components = 1; });
  add("grey, progressive", [](JpegShape& s) { s.components = 1, s.progressive = true; });
  add("grey, sampled 2 x 2", [](JpegShape& s) { s.components = 1, s.across[0] = s.down[0] = 2; });
  add("CMYK", [](JpegShape& s) { s.components = 4; });
  add("CMYK, progressive", [](JpegShape& s) { s.components = 4, s.progressive = true; });
  add("two components", [](JpegShape& s) { s.components = 2; });
  add("restart markers", [](JpegShape& s) { s.restart_interval = 1; });
  add("restart markers, progressive", [](JpegShape& s) { s.restart_interval = 3, s.progressive = true; });
  add("one scan a component", [](JpegShape& s) { s.one_scan_each = true, s.across[0] = 2, s.down[0] = 2; });
  add("optimized tables", [](JpegShape& s) { s.optimized = true; });
  add("1 x 1", [](JpegShape& s) { s.width = s.height = 1; });
  add("1 x 1, progressive", [](JpegShape& s) { s.width = s.height = 1, s.progressive = true; });
  add("wide", [](JpegShape& s) { s.width = 301, s.height = 1, s.across[0] = 2; });
  add("high", [](JpegShape& s) { s.width = 1, s.height = 301, s.down[0] = 2; });
  add("a profile", [](JpegShape& s) { s.icc = std::string("ICC_PROFILE\0\1\1", 14) + std::string(3000, '\xFF'); });
  add("a thumbnail", [](JpegShape& s) {
    JpegShape small;
    small.width = small.height = 8;
    s.exif = std::string("Exif\0\0MM\0*", 10) + make_jpeg(small);
  });
  return kinds;
}

}  // namespace

std::vector<Sample> jpeg_samples() {
  std::vector<Sample> samples;
  for (const auto& kinds : {sampling_kinds(), other_kinds()}) {
    for (const auto& [name, shape] : kinds) {
      samples.push_back({"JPEG, " + name, make_jpeg(shape), imaging::Format::jpeg, shape.width, shape.height});
    }
  }
  return samples;
}

}  // namespace lightfast::test
