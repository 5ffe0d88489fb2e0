#include "server/imaging/avif_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "server/imaging/iso_boxes.h"
#include "server/imaging/structure.h"

namespace lightfast::imaging {
namespace {

// An image's grid, its tiles, the same for alpha, and a thumbnail, make this many times its pixels.
constexpr std::uint64_t kMostPixelsOfItems = 5;

// A big-endian integer of 0, 4 or 8 bytes, as iloc has them; nullopt where the box ends.
std::optional<std::uint64_t> take_sized(ByteReader& reader, std::uint32_t bytes) {
  const auto taken = reader.take(bytes);
  if (!taken) return std::nullopt;
  return bytes == 0 ? 0 : bytes == 4 ? be32(*taken) : be64(*taken);
}

std::optional<std::uint32_t> take_id(ByteReader& reader, bool wide) {
  const auto taken = reader.take(wide ? 4 : 2);
  if (!taken) return std::nullopt;
  return wide ? be32(*taken) : be16(*taken);
}

// ISO/IEC 14496-12 8.11.3: where each item's bytes lie.
class ItemLocations {
 public:
  ItemLocations(std::uint64_t file_bytes, std::uint64_t idat_bytes)
      : file_bytes_(file_bytes), idat_bytes_(idat_bytes) {}

  Result<void> check(Bytes box);

 private:
  bool check_item(ByteReader& reader, std::uint32_t version);
  bool check_extents(ByteReader& reader, std::uint64_t base, std::uint64_t source_bytes);
  static bool is_size(std::uint32_t bytes) { return bytes == 0 || bytes == 4 || bytes == 8; }

  std::uint64_t file_bytes_, idat_bytes_;
  std::uint32_t offset_size_ = 0, length_size_ = 0, base_size_ = 0, index_size_ = 0;
};

Result<void> ItemLocations::check(Bytes box) {
  const auto full = parse_iso_full_box(box);
  if (!full) return full.error();
  ByteReader reader(full->data);
  const auto sizes = reader.take(2);
  if (!sizes || full->version > 2) return invalid("AVIF: an iloc box that is cut or of an unknown version");
  offset_size_ = u8(*sizes) >> 4;
  length_size_ = u8(*sizes) & 15;
  base_size_ = u8(*sizes, 1) >> 4;
  index_size_ = full->version == 0 ? 0 : u8(*sizes, 1) & 15;
  if (!is_size(offset_size_) || !is_size(length_size_) || !is_size(base_size_) || !is_size(index_size_)) {
    return invalid("AVIF: an iloc box with integers of an unknown size");
  }
  const auto count = take_id(reader, full->version == 2);
  if (!count) return invalid("AVIF: the iloc box is cut");
  for (std::uint32_t i = 0; i < *count; ++i) {
    if (!check_item(reader, full->version)) {
      return invalid("AVIF: an item's bytes lie beyond the end of the file, or its place is not stated whole");
    }
  }
  return {};
}

bool ItemLocations::check_item(ByteReader& reader, std::uint32_t version) {
  std::uint32_t method = 0;  // 0: in the file, 1: in idat, 2: in another item
  if (!take_id(reader, version == 2)) return false;
  if (version != 0) {
    const auto word = reader.take(2);
    if (!word) return false;
    method = be16(*word) & 15;
  }
  if (!reader.take(2)) return false;  // data reference index
  const auto base = take_sized(reader, base_size_);
  if (!base || method > 1) return false;
  return check_extents(reader, *base, method == 0 ? file_bytes_ : idat_bytes_);
}

bool ItemLocations::check_extents(ByteReader& reader, std::uint64_t base, std::uint64_t source_bytes) {
  const auto count = reader.take(2);
  if (!count) return false;
  const bool takes_bytes = index_size_ + offset_size_ + length_size_ != 0;
  const std::uint32_t different = takes_bytes ? be16(*count) : std::min(be16(*count), 1u);
  std::uint64_t left = source_bytes;  // an item cannot be larger than what it lies in
  for (std::uint32_t i = 0; i < different; ++i) {
    const auto index = take_sized(reader, index_size_);
    const auto offset = take_sized(reader, offset_size_);
    const auto length = take_sized(reader, length_size_);
    if (!index || !offset || !length) return false;
    if (base > source_bytes || *offset > source_bytes - base || *length > source_bytes - base - *offset) return false;
    if (*length > left) return false;
    left -= *length;
  }
  return true;
}

// ISO/IEC 23008-12: properties in ipco, associated with items by ipma.
class ItemProperties {
 public:
  ItemProperties(std::uint32_t primary, const Limits& limits) : primary_(primary), limits_(limits) {}

  Result<AvifItems> read(Bytes iprp);

 private:
  Result<void> read_properties(Bytes ipco);
  Result<void> read_associations(Bytes ipma);
  Result<void> associate(std::uint32_t item, std::size_t property);

  std::uint32_t primary_;
  const Limits& limits_;
  struct Extent {
    std::uint32_t width = 0, height = 0;
  };
  std::vector<Extent> properties_;  // by index; empty for those that are not ispe
  AvifItems items_;
};

Result<AvifItems> ItemProperties::read(Bytes iprp) {
  const auto ipco = find_iso_box(iprp, tag("ipco"));
  if (!ipco) return invalid("AVIF: no item properties (ipco)");
  if (auto done = read_properties(*ipco); !done) return done.error();
  const auto done = each_iso_box(iprp, [this](const IsoBox& box) {
    return box.type == tag("ipma") ? read_associations(box.data) : Result<void>{};
  });
  if (!done) return done.error();
  if (items_.width == 0) return invalid("AVIF: the primary item has no size (ispe)");
  return items_;
}

Result<void> ItemProperties::read_properties(Bytes ipco) {
  return each_iso_box(ipco, [this](const IsoBox& box) -> Result<void> {
    properties_.emplace_back();
    if (box.type == tag("av1C")) items_.pixel_bytes = std::max(items_.pixel_bytes, av1_pixel_bytes(box.data));
    if (box.type != tag("ispe")) return {};
    if (box.data.size() < 12) return invalid("AVIF: an ispe box is cut");
    properties_.back() = {be32(box.data, 4), be32(box.data, 8)};
    return check_canvas(properties_.back().width, properties_.back().height, limits_);
  });
}

Result<void> ItemProperties::read_associations(Bytes ipma) {
  const auto cut = [] { return invalid("AVIF: the ipma box is cut"); };
  const auto full = parse_iso_full_box(ipma);
  if (!full) return full.error();
  ByteReader reader(full->data);
  const auto count = reader.take(4);
  if (!count) return cut();
  for (std::uint32_t i = 0; i < be32(*count); ++i) {
    const auto item = take_id(reader, full->version != 0);
    const auto associations = reader.take(1);
    if (!item || !associations) return cut();
    for (std::uint32_t j = 0; j < u8(*associations); ++j) {
      const bool wide = (full->flags & 1) != 0;
      const auto entry = reader.take(wide ? 2 : 1);
      if (!entry) return cut();
      if (auto done = associate(*item, wide ? be16(*entry) & 0x7FFF : u8(*entry) & 0x7F); !done) return done;
    }
  }
  return {};
}

Result<void> ItemProperties::associate(std::uint32_t item, std::size_t property) {
  if (property == 0) return {};  // none
  if (property > properties_.size()) return invalid("AVIF: an item has a property that does not exist");
  const auto& [width, height] = properties_[property - 1];
  if (width == 0) return {};
  items_.item_pixels += std::uint64_t{width} * height;
  if (items_.item_pixels > kMostPixelsOfItems * limits_.max_pixels) {
    return Error{Errc::too_many_pixels, fmt::format("AVIF: the items have more than {} pixels together",
                                                    kMostPixelsOfItems * limits_.max_pixels)};
  }
  if (item == primary_) {
    items_.width = width;
    items_.height = height;
  }
  return {};
}

}  // namespace

// AV1 ISOBMFF binding 2.3.3: the third byte has seq_tier, high_bitdepth, twelve_bit, monochrome, two of subsampling.
std::uint32_t av1_pixel_bytes(Bytes configuration) {
  if (configuration.size() < 3) return 0;
  const std::uint32_t bits = u8(configuration, 2);
  const std::uint32_t sample_bytes = (bits & 0x40) != 0 ? 2 : 1;
  const std::uint32_t planes = (bits & 0x10) != 0 ? 1 : (bits & 0x0C) == 0x0C ? 2 : 3;  // 4:2:0 is a half more
  return (planes + 1) * sample_bytes;
}

Result<AvifItems> read_avif_items(Bytes meta, std::uint64_t file_bytes, const Limits& limits) {
  const auto full = parse_iso_full_box(meta);
  if (!full) return full.error();
  std::uint64_t idat_bytes = 0;
  std::optional<Bytes> pitm, iloc, iprp;
  const auto walked = each_iso_box(full->data, [&](const IsoBox& box) -> Result<void> {
    if (box.type == tag("idat")) idat_bytes = box.data.size();
    if (box.type == tag("pitm")) pitm = box.data;
    if (box.type == tag("iloc")) iloc = box.data;
    if (box.type == tag("iprp")) iprp = box.data;
    return {};
  });
  if (!walked) return walked.error();
  if (!pitm || !iloc || !iprp) return invalid("AVIF: the meta box has no pitm, iloc or iprp");
  if (auto within = ItemLocations(file_bytes, idat_bytes).check(*iloc); !within) return within.error();
  const auto primary_box = parse_iso_full_box(*pitm);
  if (!primary_box) return primary_box.error();
  ByteReader reader(primary_box->data);
  const auto primary = take_id(reader, primary_box->version != 0);
  if (!primary) return invalid("AVIF: the pitm box is cut");
  return ItemProperties(*primary, limits).read(*iprp);
}

}  // namespace lightfast::imaging
