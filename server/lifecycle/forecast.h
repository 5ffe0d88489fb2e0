// When the volume will be full, told from the last days' growth. A straight line: pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "db/records.h"

namespace lightfast::lifecycle {

struct Growth {
  std::int64_t bytes_per_day = 0;  // added less removed; 0 or less: it does not grow
  std::int64_t days = 0;           // over which it was measured, today included
};

// Of `days` those of the last 30 count. `first_day` is the first with anything in it, ever: a store that is younger is
// measured over its own age.
Growth growth_of(const std::vector<db::DayCounters>& days, const std::optional<std::string>& first_day, Timestamp now);

// When `room_bytes` are taken; nullopt where it does not grow, or not within a hundred years.
std::optional<Timestamp> full_at(const Growth& growth, std::uint64_t room_bytes, Timestamp now);

}  // namespace lightfast::lifecycle
