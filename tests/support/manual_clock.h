// A clock whose hands a test turns: wall and steady time move together, and only when told. Any thread.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace lightfast::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Timestamp start = *parse_iso8601("2026-11-28T10:00:00Z")) : now_(start) {}

  Timestamp now() const override { return now_; }
  SteadyTime steady_now() const override { return SteadyTime(steady_.load()); }

  void advance(std::chrono::milliseconds by) {
    now_ = now_.load() + by;
    steady_ = steady_.load() + by;
  }
  // The wall clock is set, as an operator or NTP does it; steady time doesn't notice.
  void set(Timestamp time) { now_ = time; }

 private:
  std::atomic<Timestamp> now_;
  std::atomic<SteadyTime::duration> steady_ = SteadyTime::duration(std::chrono::hours(1));
};

}  // namespace lightfast::test
