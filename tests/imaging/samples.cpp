#include "tests/imaging/samples.h"

namespace lightfast::test {

std::uint8_t picture(unsigned x, unsigned y, unsigned channel, unsigned frame) {
  const unsigned noise = (x * 2654435761u + y * 40503u + channel * 69069u) >> 27;  // 0–31
  return static_cast<std::uint8_t>(x * 5 + y * 3 + channel * 60 + frame * 90 + noise);
}

std::vector<Sample> all_samples() {
  std::vector<Sample> all;
  for (auto samples : {png_samples(), jpeg_samples(), webp_samples(), gif_samples(), avif_samples()}) {
    all.insert(all.end(), samples.begin(), samples.end());
  }
  return all;
}

}  // namespace lightfast::test
