#include <fmt/format.h>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

class GifWalk {
 public:
  GifWalk(Bytes file, const Limits& limits) : reader_(file), limits_(limits) {}

  Result<ImageFacts> run();

 private:
  Result<void> visit_screen();
  Result<void> visit_image();
  Result<std::uint64_t> skip_sub_blocks();
  bool skip_colour_table(std::uint32_t flags);
  Error cut() const { return invalid(fmt::format("GIF: the file ends at byte {}, before its trailer", end_)); }

  ByteReader reader_;
  const Limits& limits_;
  std::size_t end_ = reader_.remaining();
  ImageFacts facts_{Format::gif};
  std::uint64_t frames_ = 0;
  std::uint64_t frame_pixels_ = 0;
  std::uint32_t widest_ = 0;
};

Result<ImageFacts> GifWalk::run() {
  if (auto done = visit_screen(); !done) return done.error();
  while (true) {
    const auto introducer = reader_.take(1);
    if (!introducer) return cut();
    Result<void> done{};
    switch (u8(*introducer)) {
      case 0x3B:  // trailer; what stands after it is nobody's business
        if (frames_ == 0) return invalid("GIF: no image before the trailer");
        facts_.frames = static_cast<std::uint32_t>(frames_);
        facts_.decode_bytes = std::uint64_t{widest_} + frames_ * 128 + (64u << 10);  // a row, and giflib's frame list
        return facts_;
      case 0x21: {  // extension: a label, then sub-blocks
        if (!reader_.take(1)) return cut();
        if (auto skipped = skip_sub_blocks(); !skipped) return skipped.error();
        break;
      }
      case 0x2C:
        if (auto image = visit_image(); !image) return image.error();
        break;
      default: return invalid(fmt::format("GIF: no block begins at byte {}", reader_.position() - 1));
    }
  }
}

Result<void> GifWalk::visit_screen() {
  const auto head = reader_.take(13);
  if (!head) return cut();
  facts_.width = le16(*head, 6);
  facts_.height = le16(*head, 8);
  if (!skip_colour_table(u8(*head, 10))) return cut();
  // A screen of no size is as large as the first image, as browsers have it.
  if (facts_.width == 0 || facts_.height == 0) return {};
  return check_canvas(facts_.width, facts_.height, limits_);
}

Result<void> GifWalk::visit_image() {
  const auto head = reader_.take(9);
  if (!head) return cut();
  const std::uint32_t width = le16(*head, 4), height = le16(*head, 6);
  if (auto allowed = check_canvas(width, height, limits_); !allowed) return allowed;
  if (facts_.width == 0 || facts_.height == 0) {
    facts_.width = width;
    facts_.height = height;
  }
  frame_pixels_ += std::uint64_t{width} * height;
  widest_ = std::max(widest_, width);
  if (auto allowed = check_frames(facts_.width, facts_.height, ++frames_, limits_); !allowed) return allowed;
  if (frame_pixels_ > 2 * limits_.max_pixels) {
    return Error{Errc::too_many_pixels,
                 fmt::format("GIF: the frames have more than {} pixels", 2 * limits_.max_pixels)};
  }
  if (!skip_colour_table(u8(*head, 8))) return cut();
  const auto code_size = reader_.take(1);
  if (!code_size) return cut();
  if (u8(*code_size) < 1 || u8(*code_size) > 8) return invalid("GIF: an LZW code size out of range");
  const auto bytes = skip_sub_blocks();
  if (!bytes) return bytes.error();
  // A code has at least two bits and stands for at most 4096 pixels.
  if (*bytes * 4 * 4096 < std::uint64_t{width} * height)
    return invalid("GIF: a frame's data is too short for its size");
  return {};
}

// Gives the sum of their lengths.
Result<std::uint64_t> GifWalk::skip_sub_blocks() {
  std::uint64_t bytes = 0;
  while (true) {
    const auto length = reader_.take(1);
    if (!length) return cut();
    if (u8(*length) == 0) return bytes;
    if (!reader_.take(u8(*length))) return cut();
    bytes += u8(*length);
  }
}

bool GifWalk::skip_colour_table(std::uint32_t flags) {
  return (flags & 0x80) == 0 || reader_.take(std::uint64_t{3} << ((flags & 7) + 1)).has_value();
}

}  // namespace

Result<ImageFacts> read_gif_structure(Bytes file, const Limits& limits) {
  return GifWalk(file, limits).run();
}

}  // namespace lightfast::imaging
