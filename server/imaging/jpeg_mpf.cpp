#include "server/imaging/jpeg_mpf.h"

#include <algorithm>

namespace lightfast::imaging {
namespace {

// The TIFF structure within the segment, in either byte order.
struct Tiff {
  Bytes bytes;
  bool little_endian = false;

  bool has(std::uint64_t at, std::uint64_t count) const { return at <= bytes.size() && count <= bytes.size() - at; }
  std::uint32_t u16(std::size_t at) const { return little_endian ? le16(bytes, at) : be16(bytes, at); }
  std::uint32_t u32(std::size_t at) const { return little_endian ? le32(bytes, at) : be32(bytes, at); }
};

constexpr std::uint32_t kEntriesTag = 0xB002;  // MP entries, 16 bytes each: attribute, size, offset, two dependents
constexpr std::size_t kEntryBytes = 16;

}  // namespace

void JpegMpf::read(Bytes data, std::uint64_t at) {
  using namespace std::string_view_literals;
  if (end_ != 0 || !starts_with(data, "MPF\0"sv) || data.size() < 12) return;
  const Tiff tiff{data.subspan(4), starts_with(data.subspan(4), "II")};
  const std::uint32_t index = tiff.u32(4);
  if (!tiff.has(index, 2)) return;
  const std::uint32_t fields = tiff.u16(index);
  for (std::uint64_t i = 0; i < fields && tiff.has(index + 2 + 12 * i, 12); ++i) {
    const std::size_t field = index + 2 + 12 * static_cast<std::size_t>(i);
    if (tiff.u16(field) != kEntriesTag) continue;
    const std::uint32_t bytes = tiff.u32(field + 4), offset = tiff.u32(field + 8);
    if (!tiff.has(offset, bytes)) return;
    for (std::size_t entry = offset; entry + kEntryBytes <= std::size_t{offset} + bytes; entry += kEntryBytes) {
      const std::uint64_t picture = tiff.u32(entry + 8);
      if (picture == 0) continue;  // the image that holds the index
      end_ = std::max(end_, at + 4 + picture + tiff.u32(entry + 4));
    }
    return;  // one list; more would be to waste our time
  }
}

}  // namespace lightfast::imaging
