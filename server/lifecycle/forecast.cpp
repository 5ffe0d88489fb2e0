#include "server/lifecycle/forecast.h"

#include <algorithm>

namespace lightfast::lifecycle {
namespace {

using std::chrono::days;

constexpr days window{30};
constexpr days longest_forecast{36'500};

}  // namespace

Growth growth_of(const std::vector<db::DayCounters>& counted, const std::optional<std::string>& first_day,
                 Timestamp now) {
  const auto today = std::chrono::floor<days>(now);
  const auto window_begin = today - window + days(1);
  const std::string first_counted = to_utc_day(window_begin);
  std::int64_t grown = 0;
  for (const auto& day : counted) {
    if (day.day < first_counted) continue;
    grown += static_cast<std::int64_t>(day.added_bytes) - static_cast<std::int64_t>(day.removed_bytes);
  }
  const auto born = first_day ? parse_iso8601(*first_day + "T00:00:00Z") : std::nullopt;
  const auto begin = born ? std::clamp<Timestamp>(*born, window_begin, today) : Timestamp(today);
  const std::int64_t measured = std::chrono::floor<days>(today - begin).count() + 1;
  return {grown / measured, measured};
}

std::optional<Timestamp> full_at(const Growth& growth, std::uint64_t room_bytes, Timestamp now) {
  if (growth.bytes_per_day <= 0) return std::nullopt;
  const double left = static_cast<double>(room_bytes) / static_cast<double>(growth.bytes_per_day);
  if (left > static_cast<double>(longest_forecast.count())) return std::nullopt;
  return now + std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double, days::period>(left));
}

}  // namespace lightfast::lifecycle
