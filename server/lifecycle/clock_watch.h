// Whether the wall clock can be believed: compared with a clock that nobody sets, from one reading to the next. Pure:
// one thread at a time.
#pragma once

#include "base/clock.h"

namespace lightfast::lifecycle {

struct ClockReading {
  Timestamp wall;
  SteadyTime steady;
};

class ClockWatch {
 public:
  static constexpr std::chrono::hours steady_time{1};  // after which it is believed again

  explicit ClockWatch(const ClockReading& first);

  void read(const ClockReading& next);

  // Within the last hour it moved by a day or more against the time that passed, or was not looked at for a day.
  bool has_jumped() const { return has_jumped_; }
  // It has run for an hour, in step with the time that passed.
  bool is_steady() const { return is_steady_; }
  // The earliest that it showed while it was watched.
  Timestamp watched_since() const { return watched_since_; }

 private:
  ClockReading last_;
  ClockReading anchor_;  // in step with it since then
  Timestamp watched_since_;
  std::chrono::milliseconds moved_{0};
  bool has_jumped_ = false;
  bool is_steady_ = false;
};

}  // namespace lightfast::lifecycle
