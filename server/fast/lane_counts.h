// What one lane has sent, or left to the full parser for want of an answer, for the metrics. Written by its core alone,
// read by whoever scrapes.
#pragma once

#include <array>

#include "base/metrics.h"

namespace lightfast::fast {

struct LaneCounts {
  static constexpr std::array<int, 3> statuses{200, 206, 304};
  std::array<Counter, statuses.size()> answers;  // in this order
  Counter body_bytes;
  Counter misses;  // plain requests for what has no ready answer
  DurationHistogram duration;
};

}  // namespace lightfast::fast
