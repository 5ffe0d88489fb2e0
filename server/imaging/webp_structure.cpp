#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

struct Chunk {
  std::uint32_t type = 0;
  Bytes data;
};

struct Size {
  std::uint32_t width = 0, height = 0;
  bool operator==(const Size&) const = default;
};

Result<Chunk> next_chunk(ByteReader& reader) {
  const std::size_t at = reader.position();
  const auto head = reader.take(8);
  if (!head) return invalid(fmt::format("WebP: the file ends inside the chunk header at byte {}", at));
  const std::uint64_t length = le32(*head, 4);
  const auto data = reader.take(length);
  // Chunks are filled up to an even length.
  if (!data || (length % 2 != 0 && !reader.take(1))) {
    return invalid(fmt::format("WebP: the file ends inside the chunk at byte {}", at));
  }
  return Chunk{be32(*head), *data};
}

// RFC 6386 9.1: a key frame's tag, the start code, 14 bits of width and of height, each under two bits of scaling.
Result<Size> lossy_size(Bytes data) {
  if (data.size() < 10 || (u8(data) & 1) != 0 || !starts_with(data.subspan(3), "\x9D\x01\x2A")) {
    return invalid("WebP: a VP8 chunk without a key frame");
  }
  const std::uint64_t first_partition = le24(data) >> 5;
  if (first_partition > data.size() - 10) return invalid("WebP: a VP8 chunk is cut");
  return Size{le16(data, 6) & 0x3FFF, le16(data, 8) & 0x3FFF};
}

// WebP lossless 3: signature, 14 bits of width - 1, 14 of height - 1, alpha, three bits of version.
Result<Size> lossless_size(Bytes data) {
  if (data.size() < 5 || u8(data) != 0x2F || u8(data, 4) >> 5 != 0) {
    return invalid("WebP: a VP8L chunk without its signature");
  }
  const std::uint32_t bits = le32(data, 1);
  return Size{(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1};
}

class WebpWalk {
 public:
  WebpWalk(Bytes file, const Limits& limits) : file_(file), limits_(limits) {}

  Result<ImageFacts> run();

 private:
  Result<void> visit_extended(Bytes data);
  Result<void> visit(const Chunk& chunk);
  Result<void> visit_bitstream(const Chunk& chunk);
  Result<void> visit_frame(Bytes data);
  Result<Size> bitstream_size(const Chunk& chunk);
  ImageFacts facts() const;

  Bytes file_;
  const Limits& limits_;
  Size canvas_;
  bool extended_ = false, animated_ = false, lossless_ = false, alpha_ = false;
  std::uint64_t images_ = 0;
};

Result<ImageFacts> WebpWalk::run() {
  if (file_.size() < 12) return invalid("WebP: the file ends inside its header");
  const std::uint64_t stated = std::uint64_t{le32(file_, 4)} + 8;
  if (stated + stated % 2 != file_.size()) {
    return invalid(fmt::format("WebP: the header states {} bytes, there are {}", stated, file_.size()));
  }
  ByteReader reader(file_.subspan(12));
  for (bool first = true; reader.remaining() != 0; first = false) {
    const auto chunk = next_chunk(reader);
    if (!chunk) return chunk.error();
    const bool opens = first && chunk->type == tag("VP8X");
    if (auto done = opens ? visit_extended(chunk->data) : visit(*chunk); !done) return done.error();
    if (first && !extended_ && images_ == 0) return invalid("WebP: the first chunk is none of VP8, VP8L, VP8X");
  }
  if (images_ == 0) return invalid("WebP: no image");
  return facts();
}

Result<void> WebpWalk::visit_extended(Bytes data) {
  if (data.size() < 10) return invalid("WebP: a VP8X chunk is not 10 bytes long");
  extended_ = true;
  animated_ = (u8(data) & 0x02) != 0;
  canvas_ = {le24(data, 4) + 1, le24(data, 7) + 1};
  return check_canvas(canvas_.width, canvas_.height, limits_);
}

Result<void> WebpWalk::visit(const Chunk& chunk) {
  switch (chunk.type) {
    case tag("VP8 "):
    case tag("VP8L"): return animated_ ? Result<void>{} : visit_bitstream(chunk);
    case tag("ANMF"): return animated_ ? visit_frame(chunk.data) : Result<void>{};
    case tag("ALPH"): alpha_ = true; return {};
    case tag("VP8X"): return invalid("WebP: a second VP8X chunk");
    default: return {};
  }
}

Result<void> WebpWalk::visit_bitstream(const Chunk& chunk) {
  const auto size = bitstream_size(chunk);
  if (!size) return size.error();
  if (++images_ > 1) return invalid("WebP: a second image without an animation");
  if (!extended_) canvas_ = *size;
  if (canvas_ != *size) return invalid("WebP: the image is not of the canvas's size");
  return check_canvas(canvas_.width, canvas_.height, limits_);
}

Result<Size> WebpWalk::bitstream_size(const Chunk& chunk) {
  if (chunk.type == tag("VP8 ")) return lossy_size(chunk.data);
  lossless_ = true;
  return lossless_size(chunk.data);
}

Result<void> WebpWalk::visit_frame(Bytes data) {
  if (data.size() < 16) return invalid("WebP: an ANMF chunk is cut");
  const Size frame{le24(data, 6) + 1, le24(data, 9) + 1};
  const std::uint64_t left = std::uint64_t{le24(data)} * 2, top = std::uint64_t{le24(data, 3)} * 2;
  if (left + frame.width > canvas_.width || top + frame.height > canvas_.height) {
    return invalid("WebP: a frame lies outside the canvas");
  }
  if (auto allowed = check_frames(canvas_.width, canvas_.height, ++images_, limits_); !allowed) return allowed;
  bool has_image = false;
  for (ByteReader reader(data.subspan(16)); reader.remaining() != 0;) {
    const auto chunk = next_chunk(reader);
    if (!chunk) return chunk.error();
    if (chunk->type == tag("ALPH")) alpha_ = true;
    if (chunk->type != tag("VP8 ") && chunk->type != tag("VP8L")) continue;
    const auto size = bitstream_size(*chunk);
    if (!size) return size.error();
    if (has_image || *size != frame) return invalid("WebP: a frame with two images, or one of another size");
    has_image = true;
  }
  if (!has_image) return invalid("WebP: a frame without an image");
  return {};
}

// libwebp holds the result in RGBA, some rows, and for lossless images (as alpha planes may be) all pixels once more;
// its animation decoder two canvases beside the frame.
ImageFacts WebpWalk::facts() const {
  ImageFacts facts{Format::webp, canvas_.width, canvas_.height};
  facts.frames = static_cast<std::uint32_t>(std::max<std::uint64_t>(images_, 1));
  const std::uint64_t pixels = std::uint64_t{canvas_.width} * canvas_.height;
  const std::uint64_t pixel_bytes = (lossless_ ? 9 : 4) + (alpha_ ? 5 : 0) + (animated_ ? 8 : 0);
  facts.decode_bytes = pixels * pixel_bytes + (1u << 20);
  return facts;
}

}  // namespace

Result<ImageFacts> read_webp_structure(Bytes file, const Limits& limits) {
  return WebpWalk(file, limits).run();
}

}  // namespace lightfast::imaging
