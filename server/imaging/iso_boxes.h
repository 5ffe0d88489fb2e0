// ISO base media file format (ISO/IEC 14496-12): boxes within boxes, as AVIF is made of. Pure functions.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "server/imaging/byte_reader.h"

namespace lightfast::imaging {

struct IsoBox {
  std::uint32_t type = 0;
  Bytes data;  // after the header
};

// The next box, whose end must lie within the reader. `open_end` allows a size of 0: to the end of the file.
enum class OpenEnd { forbidden, allowed };
Result<IsoBox> next_iso_box(ByteReader& reader, OpenEnd open_end = OpenEnd::forbidden);

// Calls visit(box) → Result<void> for each box in `content`, which they must fill exactly.
template <class Visit>
Result<void> each_iso_box(Bytes content, Visit visit, OpenEnd open_end = OpenEnd::forbidden) {
  for (ByteReader reader(content); reader.remaining() != 0;) {
    const auto box = next_iso_box(reader, open_end);
    if (!box) return box.error();
    if (Result<void> done = visit(*box); !done) return done;
  }
  return {};
}

// The first box of that type; nullopt where there is none, or the boxes before it are broken.
std::optional<Bytes> find_iso_box(Bytes content, std::uint32_t type);

// Version and flags, with which many boxes begin, and what follows.
struct IsoFullBox {
  std::uint32_t version = 0, flags = 0;
  Bytes data;
};
Result<IsoFullBox> parse_iso_full_box(Bytes data);

}  // namespace lightfast::imaging
