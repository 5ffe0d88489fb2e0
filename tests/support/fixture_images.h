// Small valid images for tests: one of each of the five kinds, and as many different PNGs as a test wants. All are our
// own making. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lightfast::test {

struct FixtureImage {
  std::string_view content_type;
  std::string_view extension;
  int width = 0;
  int height = 0;
  std::string bytes;
};

// A valid 8-bit RGB PNG, uncompressed inside; each `number` below 2^24 gives other pixels, hence other bytes.
std::string png(std::uint32_t number, int width = 8, int height = 6);

// A PNG whose header claims this size over a few bytes of pixels: broken, and a bomb to whoever believes it.
std::string png_claiming(std::uint32_t width, std::uint32_t height);

// tests/fixtures/<name>, e.g. "beacon.webp". Throws where it cannot be read.
std::string fixture(std::string_view name);

// One PNG, JPEG, WebP, GIF (animated) and AVIF.
std::vector<FixtureImage> one_of_each_kind();

}  // namespace lightfast::test
