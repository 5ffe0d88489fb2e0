// When the daily cleanup runs: decided from the clock, the setting, the last run and the newest record alone. Runs
// nothing (scheduler). Pure functions.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "server/lifecycle/clock_watch.h"

namespace lightfast::lifecycle {

using UtcOffset = std::function<std::chrono::seconds(Timestamp)>;  // what local clocks are ahead of UTC

// The first time after `time` at which local clocks show `time_of_day` past midnight. Once a day: where clocks are put
// back, the first of the two; where they are put forward over it, as much later as they were put forward.
Timestamp next_time_of_day(Timestamp time, std::chrono::minutes time_of_day, const UtcOffset& offset);

struct DailySituation {
  std::optional<std::chrono::minutes> time_of_day;  // absent: never
  Timestamp now{};
  ClockWatch clock{{}};  // that has read `now`
  std::optional<Timestamp> last_run;
  std::optional<Timestamp> newest_record;
};

enum class DailyVerdict {
  off,
  not_yet,
  due,           // the time came while the server was running
  missed,        // it came more than a day ago, while nobody was running
  clock_jumped,  // whether it has come cannot be told
  clock_behind,  // the clock stands before the newest record
};
std::string_view to_string(DailyVerdict verdict);  // the enumerator's name

DailyVerdict judge(const DailySituation& situation, const UtcOffset& offset);
inline bool runs(DailyVerdict verdict) {
  return verdict == DailyVerdict::due || verdict == DailyVerdict::missed;
}
inline bool distrusts(DailyVerdict verdict) {
  return verdict == DailyVerdict::clock_jumped || verdict == DailyVerdict::clock_behind;
}

}  // namespace lightfast::lifecycle
