// Keeps PNG's compressed side chunks (zTXt, iTXt, iCCP) from being bombs for those who read the image later: all of a
// file's may inflate to about 16 MiB together, and be a thousand. Their content is not looked at. A value for one
// thread.
#pragma once

#include <cstdint>

#include "server/imaging/png_chunks.h"

namespace lightfast::imaging {

class PngTextBudget {
 public:
  // Errc::invalid_image where the budget is over. Inflates only what could exceed it, into 16 KiB at a time.
  Result<void> spend(const PngChunk& chunk);

 private:
  static constexpr std::uint64_t kMostBytes = 16u << 20;
  static constexpr unsigned kMostChunks = 1000;

  unsigned chunks_ = 0;

  std::uint64_t possible_bytes_ = 0;  // if every chunk so far inflated as far as deflate can
  std::uint64_t left_bytes_ = kMostBytes;
};

}  // namespace lightfast::imaging
