#include "server/imaging/png_pixels.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// One frame's stream, fed chunk by chunk.
class FramePixels {
 public:
  FramePixels(const PngHeader& header, std::uint32_t width, std::uint32_t height) {
    header.each_pass(width, height, [this](std::uint64_t row_bytes, std::uint64_t rows) {
      passes_.push_back({row_bytes, rows});
    });
    std::ranges::reverse(passes_);  // the next one at the back
    ready_ = inflateInit(&stream_) == Z_OK;
  }
  ~FramePixels() {
    if (ready_) inflateEnd(&stream_);
  }
  FramePixels(const FramePixels&) = delete;
  FramePixels& operator=(const FramePixels&) = delete;

  Result<void> feed(Bytes compressed);
  Result<void> finish() const {
    if (!ended_ || !passes_.empty() || row_left_ != 0) return invalid("PNG: the compressed pixels end too early");
    return {};
  }

 private:
  Result<void> take_rows(Bytes raw);

  struct Pass {
    std::uint64_t row_bytes = 0, rows = 0;
  };
  std::vector<Pass> passes_;    // at most seven
  std::uint64_t row_left_ = 0;  // bytes still to come of the current row
  z_stream stream_{};
  bool ready_ = false, ended_ = false;
};

Result<void> FramePixels::feed(Bytes compressed) {
  if (!ready_) return invalid("PNG: no memory to inflate the pixels");
  stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(compressed.data()));
  stream_.avail_in = static_cast<uInt>(compressed.size());
  std::array<std::byte, 32 * 1024> buffer;
  // What follows the stream's end inside IDAT is passed over, as other decoders do.
  while (!ended_) {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_.avail_out = static_cast<uInt>(buffer.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return invalid("PNG: the compressed pixels are damaged");
    }
    if (auto done = take_rows(Bytes(buffer).first(buffer.size() - stream_.avail_out)); !done) return done;
    ended_ = status == Z_STREAM_END;
    if (stream_.avail_out != 0) break;  // it wants more input
  }
  return {};
}

Result<void> FramePixels::take_rows(Bytes raw) {
  while (!raw.empty()) {
    if (row_left_ == 0) {
      if (passes_.empty()) return invalid("PNG: more pixels than the header states");
      Pass& pass = passes_.back();
      if (u8(raw) > 4) return invalid("PNG: a row with an unknown filter");
      row_left_ = pass.row_bytes;
      if (--pass.rows == 0) passes_.pop_back();
      raw = raw.subspan(1);
    }
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(row_left_, raw.size()));
    row_left_ -= count;
    raw = raw.subspan(count);
  }
  return {};
}

class PixelsWalk {
 public:
  explicit PixelsWalk(Bytes file) : reader_(file) {}

  Result<std::uint32_t> run();

 private:
  Result<void> visit(const PngChunk& chunk);
  Result<void> begin_frame(std::uint32_t width, std::uint32_t height);
  Result<void> end_frame();

  ByteReader reader_;
  PngHeader header_;
  bool animated_ = false, pixels_seen_ = false, ended_ = false;
  std::unique_ptr<FramePixels> frame_;
  std::uint32_t frames_ = 0;
};

Result<std::uint32_t> PixelsWalk::run() {
  if (!reader_.take(kPngSignatureBytes)) return invalid("PNG: no signature");
  while (!ended_) {
    const auto chunk = next_png_chunk(reader_);
    if (!chunk) return chunk.error();
    if (auto done = visit(*chunk); !done) return done.error();
  }
  if (!pixels_seen_) return invalid("PNG: no pixels");
  return animated_ ? frames_ : 1;
}

Result<void> PixelsWalk::visit(const PngChunk& chunk) {
  switch (chunk.type) {
    case tag("IHDR"): {
      const auto header = parse_png_header(chunk.data);
      if (!header) return header.error();
      header_ = *header;
      return {};
    }
    case tag("acTL"): animated_ |= !pixels_seen_; return {};
    case tag("fcTL"): {
      if (!animated_) return {};
      const auto frame = parse_png_frame(chunk.data, header_);
      if (!frame) return frame.error();
      ++frames_;
      return pixels_seen_ ? begin_frame(frame->width, frame->height) : Result<void>{};
    }
    case tag("IDAT"):
      if (!pixels_seen_) {
        if (auto begun = begin_frame(header_.width, header_.height); !begun) return begun;
      }
      pixels_seen_ = true;
      return frame_->feed(chunk.data);
    case tag("fdAT"):
      if (!animated_) return {};
      if (!frame_ || chunk.data.size() < 4) return invalid("PNG: an fdAT chunk without its frame");
      return frame_->feed(chunk.data.subspan(4));
    case tag("IEND"): ended_ = true; return end_frame();
    default: return {};
  }
}

Result<void> PixelsWalk::begin_frame(std::uint32_t width, std::uint32_t height) {
  if (auto whole = end_frame(); !whole) return whole;
  frame_ = std::make_unique<FramePixels>(header_, width, height);
  return {};
}

Result<void> PixelsWalk::end_frame() {
  return frame_ ? frame_->finish() : Result<void>{};
}

}  // namespace

Result<std::uint32_t> prove_png_pixels(Bytes file) {
  return PixelsWalk(file).run();
}

}  // namespace lightfast::imaging
