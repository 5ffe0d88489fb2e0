#include "server/lifecycle/clock_watch.h"

#include <algorithm>

namespace lightfast::lifecycle {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds slack = std::chrono::minutes(1);      // what a clock is corrected by, now and then
constexpr milliseconds jump = std::chrono::days(1) - slack;  // a day exactly is one

milliseconds between(SteadyTime earlier, SteadyTime later) {
  return std::chrono::duration_cast<milliseconds>(later - earlier);
}

}  // namespace

ClockWatch::ClockWatch(const ClockReading& first) : last_(first), anchor_(first), watched_since_(first.wall) {}

void ClockWatch::read(const ClockReading& next) {
  watched_since_ = std::min(watched_since_, next.wall);
  const milliseconds in_step = between(anchor_.steady, next.steady);
  const milliseconds drift = next.wall - anchor_.wall - in_step;
  // A process that was stopped for a day cannot tell what happened meanwhile.
  const bool was_away = std::chrono::abs(next.wall - last_.wall) >= jump;
  if (was_away || std::chrono::abs(drift) > slack) {
    moved_ += drift;
    has_jumped_ = has_jumped_ || was_away || std::chrono::abs(moved_) >= jump;
    is_steady_ = false;
    anchor_ = next;
  } else if (in_step >= steady_time) {
    moved_ = milliseconds(0);
    has_jumped_ = false;
    is_steady_ = true;
    anchor_ = next;  // slow drift never adds up to a jump
  }
  last_ = next;
}

}  // namespace lightfast::lifecycle
