#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "server/imaging/jpeg_frame.h"
#include "server/imaging/jpeg_mpf.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

constexpr std::uint32_t kMostScans = 100;
// A decoder goes over every block of a scan however few bytes it has: all scans of an image may cover this many times
// the pixels allowed. Ten scans of three full components, as encoders make them, cover fourteen.
constexpr std::uint64_t kMostScannedSamplesPerPixel = 32;

// Second bytes of markers, T.81 table B.1.
enum Marker : std::uint32_t {
  kTem = 0x01,
  kSof0 = 0xC0,
  kDht = 0xC4,
  kJpg = 0xC8,
  kDac = 0xCC,
  kSof15 = 0xCF,
  kRst0 = 0xD0,
  kRst7 = 0xD7,
  kSoi = 0xD8,
  kEoi = 0xD9,
  kSos = 0xDA,
  kDqt = 0xDB,
  kDnl = 0xDC,
  kApp2 = 0xE2
};

bool is_frame_marker(std::uint32_t marker) {
  return marker >= kSof0 && marker <= kSof15 && marker != kDht && marker != kJpg && marker != kDac;
}

// One image, from SOI to EOI.
class JpegWalk {
 public:
  JpegWalk(ByteReader& reader, const Limits& limits) : reader_(reader), limits_(limits) {}

  Result<ImageFacts> run();
  const JpegMpf& mpf() const { return mpf_; }

 private:
  Result<std::uint32_t> next_marker();
  Result<void> visit(std::uint32_t marker, Bytes data);
  Result<void> visit_frame(std::uint32_t marker, Bytes data);
  Result<void> visit_huffman_tables(Bytes data);
  Result<void> visit_quantization_tables(Bytes data);
  Result<void> visit_scan(Bytes data);
  Result<void> check_tables(const JpegScan& scan) const;
  Result<std::uint64_t> skip_entropy_data();
  Result<ImageFacts> facts() const;

  ByteReader& reader_;
  const Limits& limits_;
  std::optional<JpegFrame> frame_;
  std::uint32_t dc_tables_ = 0, ac_tables_ = 0, quantization_tables_ = 0;  // bit n: table n is defined
  std::uint32_t scans_ = 0;
  std::uint64_t scanned_samples_ = 0;
  JpegMpf mpf_;
};

Result<ImageFacts> JpegWalk::run() {
  const auto start = reader_.take(2);
  if (!start || !starts_with(*start, "\xFF\xD8")) return invalid("JPEG: no SOI marker");
  while (true) {
    const auto marker = next_marker();
    if (!marker) return marker.error();
    if (*marker == kEoi) return facts();
    if (*marker == kTem) continue;
    if (*marker == kSoi || (*marker >= kRst0 && *marker <= kRst7)) {
      return invalid(fmt::format("JPEG: a marker out of place at byte {}", reader_.position() - 2));
    }
    const auto length = reader_.take(2);
    if (!length || be16(*length) < 2) return invalid("JPEG: the file ends inside a segment's length");
    const auto data = reader_.take(be16(*length) - 2);
    if (!data) return invalid("JPEG: the file ends inside a segment");
    if (auto done = visit(*marker, *data); !done) return done.error();
  }
}

// Fill bytes FF may stand before a marker (T.81 B.1.1.2); zeros do where encoders pad the end of their data.
Result<std::uint32_t> JpegWalk::next_marker() {
  bool filled = false;
  while (const auto byte = reader_.take(1)) {
    const std::uint32_t value = u8(*byte);
    if (value == 0xFF) {
      filled = true;
    } else if (value == 0 && !filled) {
      continue;
    } else if (!filled || value == 0) {
      return invalid(fmt::format("JPEG: no marker at byte {}", reader_.position() - 1));
    } else {
      return value;
    }
  }
  return invalid("JPEG: the file ends before its EOI marker");
}

Result<void> JpegWalk::visit(std::uint32_t marker, Bytes data) {
  if (is_frame_marker(marker)) return visit_frame(marker, data);
  switch (marker) {
    case kDht: return visit_huffman_tables(data);
    case kDqt: return visit_quantization_tables(data);
    case kSos: return visit_scan(data);
    case kDnl: return invalid("JPEG: the height is set after the image (DNL)");
    case kApp2: mpf_.read(data, reader_.position() - data.size()); return {};
    default: return {};
  }
}

Result<void> JpegWalk::visit_frame(std::uint32_t marker, Bytes data) {
  if (frame_) return invalid("JPEG: a second frame header");
  const auto frame = parse_jpeg_frame(marker, data);
  if (!frame) return frame.error();
  frame_ = *frame;
  return check_canvas(frame_->width, frame_->height, limits_);
}

Result<void> JpegWalk::visit_huffman_tables(Bytes data) {
  ByteReader tables(data);
  while (tables.remaining() != 0) {
    const auto head = tables.take(17);
    if (!head) return invalid("JPEG: a Huffman table is cut");
    std::uint32_t symbols = 0;
    for (std::size_t i = 1; i < 17; ++i) symbols += u8(*head, i);
    const std::uint32_t kind = u8(*head) >> 4, number = u8(*head) & 15;
    if (kind > 1 || number > 3 || symbols > 256 || !tables.take(symbols)) {
      return invalid("JPEG: a Huffman table is damaged");
    }
    (kind == 0 ? dc_tables_ : ac_tables_) |= 1u << number;
  }
  return {};
}

Result<void> JpegWalk::visit_quantization_tables(Bytes data) {
  ByteReader tables(data);
  while (tables.remaining() != 0) {
    const std::uint32_t head = u8(*tables.take(1));
    if (head >> 4 > 1 || (head & 15) > 3 || !tables.take(head >> 4 == 0 ? 64 : 128)) {
      return invalid("JPEG: a quantization table is damaged");
    }
    quantization_tables_ |= 1u << (head & 15);
  }
  return {};
}

Result<void> JpegWalk::visit_scan(Bytes data) {
  if (!frame_) return invalid("JPEG: a scan before the frame header");
  const auto scan = parse_jpeg_scan(data, *frame_);
  if (!scan) return scan.error();
  if (auto defined = check_tables(*scan); !defined) return defined;
  if (++scans_ > kMostScans) return invalid(fmt::format("JPEG: more than {} scans", kMostScans));
  scanned_samples_ += scan->blocks(*frame_) * 64;
  if (scanned_samples_ > kMostScannedSamplesPerPixel * limits_.max_pixels) {
    return Error{Errc::too_many_pixels, "JPEG: too many scans for an image of this size"};
  }
  const auto bytes = skip_entropy_data();
  if (!bytes) return bytes.error();
  if (*bytes * 8 < scan->fewest_bits(*frame_)) {
    return invalid("JPEG: a scan is too short for the size that the header states");
  }
  for (const auto& part : scan->parts) part.component->scanned |= scan->has_dc();
  return {};
}

// A decoder's tables are only as good as what the file defines: without DHT it would read what was never written.
Result<void> JpegWalk::check_tables(const JpegScan& scan) const {
  const bool needs_dc = scan.has_dc() && scan.high_bit == 0;
  const bool needs_ac = !frame_->progressive || !scan.has_dc();
  for (const auto& part : scan.parts) {
    const bool defined = (!needs_dc || (part.dc_table <= 3 && dc_tables_ >> part.dc_table & 1)) &&
                         (!needs_ac || (part.ac_table <= 3 && ac_tables_ >> part.ac_table & 1)) &&
                         (quantization_tables_ >> part.component->quantization_table & 1);
    if (!defined) return invalid("JPEG: a scan uses a table that is not defined");
  }
  return {};
}

// Up to the marker that ends the scan; gives the number of bytes that carry code. FF00 is a byte FF, FFD0–FFD7 are
// restarts (T.81 B.1.1.5).
Result<std::uint64_t> JpegWalk::skip_entropy_data() {
  std::uint64_t code_bytes = 0;
  while (true) {
    const Bytes rest = reader_.rest();
    const void* found = rest.empty() ? nullptr : std::memchr(rest.data(), 0xFF, rest.size());
    if (found == nullptr) return invalid("JPEG: the file ends inside a scan");
    const auto before = static_cast<std::size_t>(static_cast<const std::byte*>(found) - rest.data());
    code_bytes += before;
    if (before + 1 >= rest.size()) return invalid("JPEG: the file ends inside a scan");
    const std::uint32_t next = u8(rest, before + 1);
    if (next == 0x00) {
      ++code_bytes;
      reader_.take(before + 2);
    } else if (next >= kRst0 && next <= kRst7) {
      reader_.take(before + 2);
    } else {
      reader_.take(before);
      return code_bytes;
    }
  }
}

// stb_image keeps a byte a sample, and two more for the coefficients of a progressive image, and the result; libjpeg
// keeps coefficients where there are several scans.
Result<ImageFacts> JpegWalk::facts() const {
  if (!frame_ || scans_ == 0) return invalid("JPEG: no image before the EOI marker");
  for (std::uint32_t i = 0; i < frame_->component_count; ++i) {
    if (!frame_->components[i].scanned) return invalid("JPEG: a component has no scan");
  }
  ImageFacts facts{Format::jpeg, frame_->width, frame_->height};
  facts.decode_bytes =
      frame_->samples() * (frame_->progressive || scans_ > 1 ? 3 : 1) + std::uint64_t{frame_->width} * frame_->height;
  return facts;
}

}  // namespace

// After EOI may follow whole further images (multi-picture format, gain maps), which are walked as well, and anything
// else, which is nobody's business: cameras append what they like.
Result<ImageFacts> read_jpeg_structure(Bytes file, const Limits& limits) {
  ByteReader reader(file);
  JpegWalk primary(reader, limits);
  const auto facts = primary.run();
  if (!facts) return facts.error();
  if (primary.mpf().end() > file.size()) return invalid("JPEG: the file ends before the last of its pictures (MPF)");
  while (starts_with(reader.rest(), "\xFF\xD8\xFF")) {
    if (auto further = JpegWalk(reader, limits).run(); !further) return further.error();
  }
  return facts;
}

}  // namespace lightfast::imaging
