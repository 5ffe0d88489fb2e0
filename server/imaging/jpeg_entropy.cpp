#include "server/imaging/jpeg_entropy.h"

#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>

#include "server/imaging/decode_image.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// libjpeg calls back with its own struct, which is this one's first member.
struct Errors {
  jpeg_error_mgr callbacks{};
  std::jmp_buf jump{};
  bool damaged = false;             // a warning came that means that codes are missing or wrong
  char text[JMSG_LENGTH_MAX] = "";  // of the first such warning, or of the error
};

struct Reading {
  jpeg_decompress_struct info{};
  Errors errors;
  JpegKind kind = JpegKind::common;
};

bool means_damage(int warning) {
  switch (warning) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION: return true;
    default: return false;
  }
}

void on_message(j_common_ptr info, int level) {
  auto* errors = reinterpret_cast<Errors*>(info->err);
  if (level >= 0 || errors->damaged || !means_damage(info->err->msg_code)) return;
  errors->damaged = true;
  info->err->format_message(info, errors->text);
}

[[noreturn]] void on_error(j_common_ptr info) {
  auto* errors = reinterpret_cast<Errors*>(info->err);
  if (!errors->damaged) info->err->format_message(info, errors->text);
  std::longjmp(errors->jump, 1);
}

void print_nothing(j_common_ptr) {}

// False where libjpeg gave up. No object here has a destructor: longjmp would pass it by.
bool read_all(Reading& reading, Bytes file) {
  jpeg_decompress_struct& info = reading.info;
  if (setjmp(reading.errors.jump) != 0) return false;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(file.data()), static_cast<unsigned long>(file.size()));
  jpeg_read_header(&info, TRUE);
  info.out_color_space = info.jpeg_color_space;
  reading.kind = info.num_components == 2 ? JpegKind::rare : JpegKind::common;
  info.scale_num = 1;
  info.scale_denom = reading.kind == JpegKind::common ? 8 : 1;
  info.do_fancy_upsampling = FALSE;
  jpeg_start_decompress(&info);
  const JDIMENSION row_bytes = info.output_width * static_cast<JDIMENSION>(info.output_components);
  JSAMPARRAY row = info.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&info), JPOOL_IMAGE, row_bytes, 1);
  while (info.output_scanline < info.output_height && !reading.errors.damaged) jpeg_read_scanlines(&info, row, 1);
  if (!reading.errors.damaged) jpeg_finish_decompress(&info);
  return true;
}

}  // namespace

Result<JpegKind> prove_jpeg_entropy(Bytes file, const ImageFacts& facts) {
  Reading reading;
  reading.info.err = jpeg_std_error(&reading.errors.callbacks);
  reading.errors.callbacks.error_exit = on_error;
  reading.errors.callbacks.emit_message = on_message;
  reading.errors.callbacks.output_message = print_nothing;
  const bool read = read_all(reading, file);
  Result<JpegKind> proven = reading.kind;
  if (!read || reading.errors.damaged) {
    proven = invalid(fmt::format("JPEG: {}", reading.errors.text));
  } else if (auto same = check_decoded(facts, reading.info.image_width, reading.info.image_height, 1); !same) {
    proven = same.error();
  }
  jpeg_destroy_decompress(&reading.info);
  return proven;
}

}  // namespace lightfast::imaging
