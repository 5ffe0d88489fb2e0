#include "server/lifecycle/forecast.h"

#include <catch2/catch.hpp>

namespace lightfast::lifecycle {
namespace {

using std::chrono::days;

const Timestamp now = *parse_iso8601("2026-11-30T12:00:00Z");

db::DayCounters day(const std::string& date, std::uint64_t added, std::uint64_t removed = 0) {
  db::DayCounters counters{date};
  counters.added_bytes = added;
  counters.removed_bytes = removed;
  return counters;
}

TEST_CASE("growth is what was added less what was removed, over thirty days") {
  const Growth growth = growth_of({day("2026-11-01", 600), day("2026-11-15", 3000), day("2026-11-30", 0, 600)},
                                  std::string("2026-01-01"), now);
  CHECK(growth.days == 30);
  CHECK(growth.bytes_per_day == 100);
  CHECK(full_at(growth, 1000, now) == now + days(10));
}

TEST_CASE("what lies more than thirty days back does not count") {
  CHECK(growth_of({day("2026-10-31", 9000)}, std::string("2026-10-31"), now).bytes_per_day == 0);
  CHECK(growth_of({day("2026-11-01", 9000)}, std::string("2026-10-31"), now).bytes_per_day == 300);
}

TEST_CASE("a young store is measured over its own age") {
  const Growth growth = growth_of({day("2026-11-29", 100), day("2026-11-30", 100)}, std::string("2026-11-29"), now);
  CHECK(growth.days == 2);
  CHECK(growth.bytes_per_day == 100);
  CHECK(growth_of({day("2026-11-30", 70)}, std::string("2026-11-30"), now).bytes_per_day == 70);
}

TEST_CASE("an idle week counts as one") {
  CHECK(growth_of({day("2026-11-23", 800)}, std::string("2026-11-23"), now).bytes_per_day == 100);
}

TEST_CASE("a store that shrinks, stays, or is empty is never full") {
  CHECK_FALSE(full_at(growth_of({day("2026-11-30", 5, 50)}, std::string("2026-11-30"), now), 1000, now));
  CHECK(growth_of({day("2026-11-30", 5, 50)}, std::string("2026-11-30"), now).bytes_per_day == -45);
  CHECK_FALSE(full_at(growth_of({}, std::nullopt, now), 1000, now));
  CHECK(growth_of({}, std::nullopt, now).days == 1);
}

TEST_CASE("what is further off than a century is not told") {
  CHECK_FALSE(full_at({1, 30}, 1'000'000, now));
  CHECK_FALSE(full_at({1, 30}, ~std::uint64_t{0}, now));
  CHECK(full_at({1, 30}, 0, now) == now);
}

TEST_CASE("a store whose first day lies ahead of the clock is measured over a day") {
  CHECK(growth_of({day("2028-01-01", 100)}, std::string("2028-01-01"), now).days == 1);
}

}  // namespace
}  // namespace lightfast::lifecycle
