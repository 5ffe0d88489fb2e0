// JPEG's frame and scan headers (ITU-T T.81 B.2), for the structure walk. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "server/imaging/byte_reader.h"

namespace lightfast::imaging {

struct JpegComponent {
  std::uint32_t id = 0;
  std::uint32_t across = 1, down = 1;  // sampling factors H and V
  std::uint32_t quantization_table = 0;
  bool scanned = false;  // its DC coefficients at least
};

struct JpegFrame {
  bool progressive = false;
  std::uint32_t width = 0, height = 0;
  std::uint32_t most_across = 1, most_down = 1;
  std::array<JpegComponent, 4> components{};
  std::uint32_t component_count = 0;

  JpegComponent* find(std::uint32_t id);
  // 8 × 8 blocks of a component: `interleaved` counts those that fill up the last units as well.
  std::uint64_t blocks(const JpegComponent& component, bool interleaved) const;
  std::uint64_t samples() const;  // of all components, filled up to whole units
};

// `marker` is the SOF's second byte. Errc::unsupported_image for what decoders of today don't take: arithmetic
// coding, lossless, hierarchical, 12 bits.
Result<JpegFrame> parse_jpeg_frame(std::uint32_t marker, Bytes data);

struct JpegScan {
  struct Part {
    JpegComponent* component = nullptr;
    std::uint32_t dc_table = 0, ac_table = 0;
  };
  std::vector<Part> parts;                  // at most 4
  std::uint32_t first = 0, last = 63;       // coefficients (Ss, Se)
  std::uint32_t high_bit = 0, low_bit = 0;  // successive approximation (Ah, Al)

  bool has_dc() const { return first == 0; }
  std::uint64_t blocks(const JpegFrame& frame) const;
  // The fewest bits that code it: one a symbol; a whole band may end with one code for 32767 blocks (T.81 G.1.2.2).
  std::uint64_t fewest_bits(const JpegFrame& frame) const;
};

Result<JpegScan> parse_jpeg_scan(Bytes data, JpegFrame& frame);

}  // namespace lightfast::imaging
