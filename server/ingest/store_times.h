// How long the parts of storing an image take: proving its bytes, its file, its row. Any thread.
#pragma once

#include <string>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"

namespace lightfast::ingest {

struct StoreTimes {
  explicit StoreTimes(Metrics& metrics)
      : prove(part(metrics, "prove")), file(part(metrics, "file")), record(part(metrics, "record")) {}

  DurationHistogram& prove;
  DurationHistogram& file;    // synced, in its place
  DurationHistogram& record;  // committed

 private:
  static DurationHistogram& part(Metrics& metrics, const std::string& name) {
    return metrics.histogram("lightfast_store_duration_seconds",
                             "Time to store an image, by part, the waiting for a thread included.", {{"part", name}});
  }
};

// Observes from one lap to the next.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), began_(clock.steady_now()) {}
  void lap(DurationHistogram& histogram) {
    const auto now = clock_.steady_now();
    histogram.observe(now - std::exchange(began_, now));
  }

 private:
  const Clock& clock_;
  SteadyTime began_;
};

}  // namespace lightfast::ingest
