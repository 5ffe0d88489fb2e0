// Multi-picture format (CIPA DC-007): a JPEG whose APP2 segment lists further JPEGs after its own EOI, as phones write
// gain maps and previews. Read only for how far the file must reach. A value for one thread.
#pragma once

#include <cstdint>

#include "server/imaging/byte_reader.h"

namespace lightfast::imaging {

class JpegMpf {
 public:
  // `data` is the content of an APP2 segment, which begins at byte `at` of the file. Other APP2 segments, a
  // second index, and one that is not understood, change nothing.
  void read(Bytes data, std::uint64_t at);

  std::uint64_t end() const { return end_; }  // one past the last byte listed; 0 without an index

 private:
  std::uint64_t end_ = 0;
};

}  // namespace lightfast::imaging
