#include <fmt/format.h>

#include <optional>

#include "server/imaging/png_chunks.h"
#include "server/imaging/png_text.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// Deflate makes at most 1032 bytes of one (RFC 1951: 258 bytes for two bits), so a header that claims more than the
// compressed bytes can hold is found out without inflating.
constexpr std::uint64_t kMostInflated = 1032;

class PngWalk {
 public:
  PngWalk(Bytes file, const Limits& limits) : reader_(file), limits_(limits) {}

  Result<ImageFacts> run();

 private:
  Result<void> visit(const PngChunk& chunk);
  Result<void> visit_header(const PngChunk& chunk);
  Result<void> visit_palette(const PngChunk& chunk);
  Result<void> visit_pixels(const PngChunk& chunk);
  Result<void> visit_animation(const PngChunk& chunk);
  Result<void> visit_frame(const PngChunk& chunk);
  Result<void> visit_frame_pixels(const PngChunk& chunk);
  Result<void> visit_end(const PngChunk& chunk);
  Result<void> check_pixel_bytes() const;
  Result<void> check_frame_bytes() const;
  std::uint64_t decode_bytes() const;

  ByteReader reader_;
  const Limits& limits_;
  std::optional<PngHeader> header_;
  std::uint32_t palette_entries_ = 0;
  bool has_transparency_ = false;
  std::uint64_t pixel_bytes_ = 0;  // compressed, in IDAT
  bool pixels_seen_ = false, pixels_over_ = false, ended_ = false;
  PngTextBudget text_budget_;
  // The animation, where acTL stands before IDAT; otherwise its chunks mean nothing.
  std::optional<std::uint32_t> frames_stated_;
  std::uint32_t frames_seen_ = 0, next_sequence_ = 0;
  std::optional<PngFrame> frame_;  // whose pixels are being read
  bool frame_in_pixels_ = false;   // the first frame, in IDAT
  std::uint64_t frame_bytes_ = 0;
};

Result<ImageFacts> PngWalk::run() {
  const auto signature = reader_.take(kPngSignatureBytes);
  if (!signature || !starts_with(*signature, "\x89PNG\r\n\x1A\n")) return invalid("PNG: the signature is damaged");
  while (!ended_) {
    const std::size_t at = reader_.position();
    const auto chunk = next_png_chunk(reader_);
    if (!chunk) return chunk.error();
    if (!chunk->crc_matches()) return invalid(fmt::format("PNG: the CRC of the chunk at byte {} is wrong", at));
    if (auto done = visit(*chunk); !done) return done.error();
  }
  if (reader_.remaining() != 0) return invalid("PNG: there are bytes after the IEND chunk");
  ImageFacts facts{Format::png, header_->width, header_->height};
  facts.frames = frames_stated_.value_or(1);
  facts.decode_bytes = decode_bytes();
  return facts;
}

Result<void> PngWalk::visit(const PngChunk& chunk) {
  if (!header_ && chunk.type != tag("IHDR")) return invalid("PNG: the first chunk is not IHDR");
  if (pixels_seen_ && chunk.type != tag("IDAT")) pixels_over_ = true;
  switch (chunk.type) {
    case tag("IHDR"): return visit_header(chunk);
    case tag("PLTE"): return visit_palette(chunk);
    case tag("IDAT"): return visit_pixels(chunk);
    case tag("IEND"): return visit_end(chunk);
    case tag("tRNS"): has_transparency_ = true; return {};
    case tag("acTL"): return visit_animation(chunk);
    case tag("fcTL"): return visit_frame(chunk);
    case tag("fdAT"): return visit_frame_pixels(chunk);
    case tag("zTXt"):
    case tag("iTXt"):
    case tag("iCCP"): return text_budget_.spend(chunk);
    default: break;
  }
  if (chunk.is_critical()) return invalid("PNG: an unknown critical chunk");
  return {};
}

Result<void> PngWalk::visit_header(const PngChunk& chunk) {
  if (header_) return invalid("PNG: a second IHDR chunk");
  const auto header = parse_png_header(chunk.data);
  if (!header) return header.error();
  header_ = *header;
  return check_canvas(header_->width, header_->height, limits_);
}

Result<void> PngWalk::visit_palette(const PngChunk& chunk) {
  if (palette_entries_ != 0 || pixels_seen_) return invalid("PNG: PLTE stands twice or after IDAT");
  if (header_->colour_type == 0 || header_->colour_type == 4) return invalid("PNG: a grey image with a palette");
  const std::size_t entries = chunk.data.size() / 3;
  const std::size_t most = header_->has_palette() ? std::size_t{1} << header_->depth : 256;
  if (entries == 0 || entries > most || chunk.data.size() % 3 != 0) {
    return invalid(fmt::format("PNG: a palette of {} bytes; allowed are 1 to {} colours", chunk.data.size(), most));
  }
  palette_entries_ = static_cast<std::uint32_t>(entries);
  return {};
}

Result<void> PngWalk::visit_pixels(const PngChunk& chunk) {
  if (pixels_over_) return invalid("PNG: the IDAT chunks are not together");
  if (header_->has_palette() && palette_entries_ == 0) return invalid("PNG: no PLTE before IDAT");
  pixels_seen_ = true;
  pixel_bytes_ += chunk.data.size();
  return {};
}

Result<void> PngWalk::visit_animation(const PngChunk& chunk) {
  if (pixels_seen_) return {};
  if (frames_stated_ || chunk.data.size() != 8) return invalid("PNG: acTL stands twice or is not 8 bytes long");
  frames_stated_ = be32(chunk.data);
  if (*frames_stated_ == 0) return invalid("PNG: an animation without frames");
  return check_frames(header_->width, header_->height, *frames_stated_, limits_);
}

Result<void> PngWalk::visit_frame(const PngChunk& chunk) {
  if (!frames_stated_) return {};
  if (auto whole = check_frame_bytes(); !whole) return whole;
  const auto frame = parse_png_frame(chunk.data, *header_);
  if (!frame) return frame.error();
  if (frame->sequence != next_sequence_++) return invalid("PNG: the animation's chunks are out of order");
  if (++frames_seen_ > *frames_stated_) return invalid("PNG: more frames than acTL says");
  frame_ = *frame;
  frame_bytes_ = 0;
  frame_in_pixels_ = !pixels_seen_;
  const bool is_canvas = frame->width == header_->width && frame->height == header_->height;
  if (frame_in_pixels_ && (frames_seen_ > 1 || !is_canvas)) return invalid("PNG: IDAT is not the whole first frame");
  return {};
}

Result<void> PngWalk::visit_frame_pixels(const PngChunk& chunk) {
  if (!frames_stated_) return {};
  if (!frame_ || frame_in_pixels_ || chunk.data.size() < 4) return invalid("PNG: an fdAT chunk without its frame");
  if (be32(chunk.data) != next_sequence_++) return invalid("PNG: the animation's chunks are out of order");
  frame_bytes_ += chunk.data.size() - 4;
  return {};
}

Result<void> PngWalk::visit_end(const PngChunk& chunk) {
  if (!chunk.data.empty()) return invalid("PNG: the IEND chunk is not empty");
  if (auto enough = check_pixel_bytes(); !enough) return enough;
  if (auto enough = check_frame_bytes(); !enough) return enough;
  if (frames_stated_ && frames_seen_ != *frames_stated_) return invalid("PNG: fewer frames than acTL says");
  ended_ = true;
  return {};
}

Result<void> PngWalk::check_pixel_bytes() const {
  if (pixel_bytes_ * kMostInflated < header_->raw_bytes(header_->width, header_->height)) {
    return invalid("PNG: IDAT is missing, or too short for the size that the header states");
  }
  return {};
}

Result<void> PngWalk::check_frame_bytes() const {
  if (!frame_ || frame_in_pixels_) return {};
  if (frame_bytes_ * kMostInflated < header_->raw_bytes(frame_->width, frame_->height)) {
    return invalid("PNG: a frame's fdAT is missing, or too short for its size");
  }
  return {};
}

// stb_image holds the compressed bytes (grown by doubling), the inflated ones (doubled where interlacing made its guess
// too small) and the pixels, at 16 bits where stored so; a palette's colours and Adam7's result are a further copy.
std::uint64_t PngWalk::decode_bytes() const {
  const std::uint64_t pixels = std::uint64_t{header_->width} * header_->height;
  const std::uint64_t sample_bytes = header_->depth == 16 ? 2 : 1;
  const std::uint64_t channels = header_->channels() + (has_transparency_ && !header_->has_palette() ? 1 : 0);
  std::uint64_t output = pixels * channels * sample_bytes;
  if (header_->interlaced) output += output / 2;
  if (header_->has_palette()) output += pixels * 4;
  const std::uint64_t raw = header_->raw_bytes(header_->width, header_->height) * (header_->interlaced ? 2 : 1);
  return 2 * pixel_bytes_ + raw + output;
}

}  // namespace

Result<ImageFacts> read_png_structure(Bytes file, const Limits& limits) {
  return PngWalk(file, limits).run();
}

}  // namespace lightfast::imaging
