#include "server/lifecycle/daily_schedule.h"

namespace lightfast::lifecycle {
namespace {

using std::chrono::days;

constexpr std::chrono::minutes slack{1};  // a clock that is put back a little is no news

// When local clocks show `local` (as if it were UTC).
Timestamp instant_of(Timestamp local, const UtcOffset& offset) {
  const auto before = offset(local - days(1));
  const auto after = offset(local + days(1));
  const Timestamp first = local - before;
  if (offset(first) == before) return first;
  const Timestamp second = local - after;
  return offset(second) == after ? second : first;
}

}  // namespace

std::string_view to_string(DailyVerdict verdict) {
  switch (verdict) {
    case DailyVerdict::off: return "off";
    case DailyVerdict::not_yet: return "not_yet";
    case DailyVerdict::due: return "due";
    case DailyVerdict::missed: return "missed";
    case DailyVerdict::clock_jumped: return "clock_jumped";
    case DailyVerdict::clock_behind: return "clock_behind";
  }
  return "";
}

Timestamp next_time_of_day(Timestamp time, std::chrono::minutes time_of_day, const UtcOffset& offset) {
  // From a day early: a zone may have put its clocks forward by a whole day.
  auto day = std::chrono::floor<days>(time + offset(time)) - days(1);
  for (;; day += days(1)) {
    const Timestamp instant = instant_of(day + time_of_day, offset);
    if (instant > time) return instant;
  }
}

DailyVerdict judge(const DailySituation& situation, const UtcOffset& offset) {
  if (!situation.time_of_day) return DailyVerdict::off;
  if (situation.clock.has_jumped()) return DailyVerdict::clock_jumped;
  const bool is_behind = situation.newest_record && situation.now + slack < *situation.newest_record;
  if (is_behind && !situation.clock.is_steady()) return DailyVerdict::clock_behind;

  const auto next_after = [&](Timestamp time) { return next_time_of_day(time, *situation.time_of_day, offset); };
  // A last run that is still to come was made by a clock that was wrong.
  const bool has_run = situation.last_run && *situation.last_run <= situation.now;
  const Timestamp watched_since = situation.clock.watched_since();
  const Timestamp since = has_run ? std::max(*situation.last_run, watched_since) : watched_since;
  if (next_after(since) <= situation.now) return DailyVerdict::due;
  if (has_run && next_after(*situation.last_run) + days(1) <= situation.now) return DailyVerdict::missed;
  return DailyVerdict::not_yet;
}

}  // namespace lightfast::lifecycle
