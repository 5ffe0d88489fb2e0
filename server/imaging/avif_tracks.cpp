#include "server/imaging/avif_tracks.h"

#include <algorithm>
#include <optional>

#include "server/imaging/avif_items.h"
#include "server/imaging/iso_boxes.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

constexpr unsigned kMostTracks = 16;

// The sample table's boxes (ISO/IEC 14496-12 8.7): sizes of samples, chunks of them, and where the chunks begin.
class SampleTable {
 public:
  Result<void> read(Bytes stbl);
  std::uint32_t count() const { return count_; }
  Result<void> check_places(std::uint64_t file_bytes) const;

 private:
  std::uint64_t chunk_offset(std::size_t chunk) const {
    return wide_offsets_ ? be64(offsets_, chunk * 8) : be32(offsets_, chunk * 4);
  }
  std::uint32_t sample_size(std::size_t sample) const {
    return common_size_ != 0 ? common_size_ : be32(sizes_, sample * 4);
  }

  std::uint32_t count_ = 0, common_size_ = 0;
  Bytes sizes_;    // be32 each, where common_size_ is 0
  Bytes offsets_;  // be32 or be64 each
  bool wide_offsets_ = false;
  Bytes runs_;  // first chunk, samples a chunk, description: be32 each
};

// The entries of a full box that has their number before them, or nullopt where they are fewer.
std::optional<Bytes> counted_entries(std::optional<Bytes> box, std::size_t entry_bytes) {
  if (!box || box->size() < 8) return std::nullopt;
  const std::uint64_t bytes = be32(*box, 4) * std::uint64_t{entry_bytes};
  if (bytes > box->size() - 8) return std::nullopt;
  return box->subspan(8, static_cast<std::size_t>(bytes));
}

Result<void> SampleTable::read(Bytes stbl) {
  const auto stsz = find_iso_box(stbl, tag("stsz"));
  if (!stsz || stsz->size() < 12) return invalid("AVIF: a track without its samples' sizes (stsz)");
  common_size_ = be32(*stsz, 4);
  count_ = be32(*stsz, 8);
  sizes_ = stsz->subspan(12);
  if (common_size_ == 0 && sizes_.size() / 4 < count_) return invalid("AVIF: the stsz box is cut");
  wide_offsets_ = find_iso_box(stbl, tag("co64")).has_value();
  const auto offsets =
      counted_entries(find_iso_box(stbl, wide_offsets_ ? tag("co64") : tag("stco")), wide_offsets_ ? 8 : 4);
  const auto runs = counted_entries(find_iso_box(stbl, tag("stsc")), 12);
  if (!offsets || !runs) return invalid("AVIF: a track without its samples' places (stco, stsc)");
  offsets_ = *offsets;
  runs_ = *runs;
  return {};
}

// Each chunk's samples lie one after the other; every sample must have a chunk.
Result<void> SampleTable::check_places(std::uint64_t file_bytes) const {
  const std::size_t chunks = offsets_.size() / (wide_offsets_ ? 8 : 4);
  const std::size_t runs = runs_.size() / 12;
  std::size_t run = 0;
  std::uint32_t sample = 0;
  for (std::size_t chunk = 0; chunk < chunks && sample < count_; ++chunk) {
    while (run + 1 < runs && be32(runs_, (run + 1) * 12) <= chunk + 1) ++run;
    const std::uint32_t in_chunk = runs == 0 ? 0 : be32(runs_, run * 12 + 4);
    std::uint64_t at = chunk_offset(chunk);
    for (std::uint32_t i = 0; i < in_chunk && sample < count_; ++i, ++sample) {
      const std::uint64_t size = sample_size(sample);
      if (size == 0 || at > file_bytes || size > file_bytes - at) {
        return invalid("AVIF: a frame's bytes lie beyond the end of the file, or are none");
      }
      at += size;
    }
  }
  if (sample < count_) return invalid("AVIF: frames without a place in the file");
  return {};
}

bool is_picture(Bytes mdia) {
  const auto hdlr = find_iso_box(mdia, tag("hdlr"));
  return hdlr && hdlr->size() >= 12 && (be32(*hdlr, 8) == tag("pict") || be32(*hdlr, 8) == tag("auxv"));
}

// 16.16 fixed point at the box's end.
Result<void> read_size(Bytes trak, AvifTracks& track, const Limits& limits) {
  const auto tkhd = find_iso_box(trak, tag("tkhd"));
  if (!tkhd || tkhd->size() < 84) return invalid("AVIF: a track without its header (tkhd)");
  track.width = be16(*tkhd, tkhd->size() - 8);
  track.height = be16(*tkhd, tkhd->size() - 4);
  return check_canvas(track.width, track.height, limits);
}

// stsd: full box, number of entries, then av01, a visual sample entry of 78 bytes and the boxes that follow it.
std::uint32_t pixel_bytes(Bytes stbl) {
  const auto stsd = find_iso_box(stbl, tag("stsd"));
  if (!stsd || stsd->size() < 8) return 0;
  const auto entry = find_iso_box(stsd->subspan(8), tag("av01"));
  if (!entry || entry->size() < 78) return 0;
  const auto configuration = find_iso_box(entry->subspan(78), tag("av1C"));
  return configuration ? av1_pixel_bytes(*configuration) : 0;
}

// nullopt: not a track of pictures.
Result<std::optional<AvifTracks>> read_track(Bytes trak, std::uint64_t file_bytes, const Limits& limits) {
  const auto mdia = find_iso_box(trak, tag("mdia"));
  if (!mdia) return invalid("AVIF: a track without media (mdia)");
  if (!is_picture(*mdia)) return std::optional<AvifTracks>{};
  AvifTracks track;
  if (auto sized = read_size(trak, track, limits); !sized) return sized.error();
  const auto minf = find_iso_box(*mdia, tag("minf"));
  const auto stbl = minf ? find_iso_box(*minf, tag("stbl")) : std::nullopt;
  if (!stbl) return invalid("AVIF: a track without a sample table (stbl)");
  SampleTable samples;
  if (auto done = samples.read(*stbl); !done) return done.error();
  if (auto allowed = check_frames(track.width, track.height, samples.count(), limits); !allowed) return allowed.error();
  if (auto within = samples.check_places(file_bytes); !within) return within.error();
  track.frames = samples.count();
  track.pixel_bytes = pixel_bytes(*stbl);
  return std::optional<AvifTracks>{track};
}

}  // namespace

Result<AvifTracks> read_avif_tracks(Bytes moov, std::uint64_t file_bytes, const Limits& limits) {
  std::optional<AvifTracks> first;
  unsigned tracks = 0;
  const auto walked = each_iso_box(moov, [&](const IsoBox& box) -> Result<void> {
    if (box.type != tag("trak")) return {};
    if (++tracks > kMostTracks) return invalid("AVIF: more than 16 tracks");
    const auto track = read_track(box.data, file_bytes, limits);
    if (!track) return track.error();
    if (*track && !first) first = **track;
    return {};
  });
  if (!walked) return walked.error();
  if (!first || first->frames == 0) return invalid("AVIF: a sequence without frames");
  return *first;
}

}  // namespace lightfast::imaging
