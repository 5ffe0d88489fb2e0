#include <algorithm>
#include <optional>

#include "server/imaging/avif_items.h"
#include "server/imaging/avif_tracks.h"
#include "server/imaging/iso_boxes.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

constexpr std::uint32_t kUnknownPixelBytes = 8;  // four samples of two bytes

struct Brands {
  bool still = false, sequence = false, sequence_first = false;
};

Brands read_brands(Bytes ftyp) {
  Brands brands;
  for (std::size_t at = 0; at + 4 <= ftyp.size(); at += 4) {
    if (at == 4) continue;  // the minor version
    brands.still |= be32(ftyp, at) == tag("avif");
    brands.sequence |= be32(ftyp, at) == tag("avis");
    brands.sequence_first |= at == 0 && be32(ftyp, at) == tag("avis");
  }
  return brands;
}

// What the top level has; all boxes but these are passed over, their sizes checked.
struct TopLevel {
  Brands brands;
  std::optional<Bytes> meta, moov;
};

Result<TopLevel> walk_top_level(Bytes file) {
  TopLevel top;
  bool first = true;
  const auto walked = each_iso_box(
      file,
      [&](const IsoBox& box) -> Result<void> {
        if (first && box.type == tag("ftyp")) top.brands = read_brands(box.data);
        first = false;
        if (box.type == tag("meta")) {
          if (top.meta) return invalid("AVIF: a second meta box");
          top.meta = box.data;
        }
        if (box.type == tag("moov")) {
          if (top.moov) return invalid("AVIF: a second moov box");
          top.moov = box.data;
        }
        return {};
      },
      OpenEnd::allowed);
  if (!walked) return walked.error();
  return top;
}

// A decoder holds the frame and, where it is put together from tiles or turned, a copy; in a sequence the eight frames
// that AV1 may refer to.
std::uint64_t decode_bytes(const ImageFacts& facts, std::uint64_t item_pixels, std::uint32_t pixel_bytes) {
  const std::uint64_t canvas = std::uint64_t{facts.width} * facts.height;
  const std::uint64_t held = std::max(item_pixels, canvas * std::min<std::uint64_t>(facts.frames, 8)) + canvas;
  return held * (pixel_bytes == 0 ? kUnknownPixelBytes : pixel_bytes) + (8u << 20);
}

}  // namespace

Result<ImageFacts> read_avif_structure(Bytes file, const Limits& limits) {
  const auto top = walk_top_level(file);
  if (!top) return top.error();
  if (!top->brands.still && !top->brands.sequence) return invalid("AVIF: the ftyp box names neither avif nor avis");
  ImageFacts facts{Format::avif};
  std::uint64_t item_pixels = 0;
  std::uint32_t pixel_bytes = 0;
  if (top->meta) {
    const auto items = read_avif_items(*top->meta, file.size(), limits);
    if (!items) return items.error();
    facts.width = items->width;
    facts.height = items->height;
    item_pixels = items->item_pixels;
    pixel_bytes = items->pixel_bytes;
  } else if (!top->brands.sequence) {
    return invalid("AVIF: no meta box");
  }
  if (top->brands.sequence) {
    if (!top->moov) return invalid("AVIF: a sequence without its moov box");
    const auto tracks = read_avif_tracks(*top->moov, file.size(), limits);
    if (!tracks) return tracks.error();
    // The still image beside a sequence stands for it only where the file is a still image first.
    if (top->brands.sequence_first || !top->meta) {
      facts.width = tracks->width;
      facts.height = tracks->height;
    }
    facts.frames = tracks->frames;
    pixel_bytes = std::max(pixel_bytes, tracks->pixel_bytes);
  }
  facts.decode_bytes = decode_bytes(facts, item_pixels, pixel_bytes);
  return facts;
}

}  // namespace lightfast::imaging
