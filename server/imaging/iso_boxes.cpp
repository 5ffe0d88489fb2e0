#include "server/imaging/iso_boxes.h"

#include <fmt/format.h>

#include "server/imaging/structure.h"

namespace lightfast::imaging {

Result<IsoBox> next_iso_box(ByteReader& reader, OpenEnd open_end) {
  const std::size_t at = reader.position();
  const auto cut = [at] {
    return invalid(fmt::format("AVIF: the file, or a box, ends inside the box at byte {}", at));
  };
  const auto head = reader.take(8);
  if (!head) return cut();
  std::uint64_t size = be32(*head);
  std::uint64_t header_bytes = 8;
  if (size == 1) {
    const auto large = reader.take(8);
    if (!large) return cut();
    size = be64(*large);
    header_bytes = 16;
  } else if (size == 0) {
    if (open_end == OpenEnd::forbidden) return invalid(fmt::format("AVIF: the box at byte {} has no size", at));
    size = header_bytes + reader.remaining();
  }
  if (size < header_bytes) return invalid(fmt::format("AVIF: the box at byte {} is smaller than its header", at));
  const auto data = reader.take(size - header_bytes);
  if (!data) return cut();
  return IsoBox{be32(*head, 4), *data};
}

std::optional<Bytes> find_iso_box(Bytes content, std::uint32_t type) {
  for (ByteReader reader(content); reader.remaining() != 0;) {
    const auto box = next_iso_box(reader);
    if (!box) return std::nullopt;
    if (box->type == type) return box->data;
  }
  return std::nullopt;
}

Result<IsoFullBox> parse_iso_full_box(Bytes data) {
  if (data.size() < 4) return invalid("AVIF: a box ends before its version");
  return IsoFullBox{u8(data), be32(data) & 0xFFFFFF, data.subspan(4)};
}

}  // namespace lightfast::imaging
