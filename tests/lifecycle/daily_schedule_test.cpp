// When the daily cleanup is due, over clocks and zones made by hand.
#include "server/lifecycle/daily_schedule.h"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"

namespace Catch {
template <>
struct StringMaker<lightfast::lifecycle::DailyVerdict> {
  static std::string convert(lightfast::lifecycle::DailyVerdict verdict) { return std::string(to_string(verdict)); }
};
}  // namespace Catch

namespace lightfast::lifecycle {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

Timestamp at(const std::string& time) {
  return *parse_iso8601(time);
}

std::chrono::seconds utc(Timestamp) {
  return 0s;
}

// Central European time as it is in 2026.
std::chrono::seconds berlin(Timestamp time) {
  const bool is_summer = time >= at("2026-03-29T01:00:00Z") && time < at("2026-10-25T01:00:00Z");
  return is_summer ? 2h : 1h;
}

// Samoa left out the 30th of December 2011.
std::chrono::seconds apia(Timestamp time) {
  return time < at("2011-12-30T10:00:00Z") ? std::chrono::seconds(-10h) : std::chrono::seconds(14h);
}

std::string next(const std::string& time, std::chrono::minutes time_of_day, const UtcOffset& offset) {
  return to_iso8601(next_time_of_day(at(time), time_of_day, offset));
}

TEST_CASE("the next run is the next time that clocks show it, strictly later") {
  CHECK(next("2026-11-28T10:00:00Z", 3h + 30min, utc) == "2026-11-29T03:30:00Z");
  CHECK(next("2026-11-28T03:29:59Z", 3h + 30min, utc) == "2026-11-28T03:30:00Z");
  CHECK(next("2026-11-28T03:30:00Z", 3h + 30min, utc) == "2026-11-29T03:30:00Z");
  CHECK(next("2026-12-31T23:59:59Z", 0min, utc) == "2027-01-01T00:00:00Z");
  CHECK(next("1970-01-01T00:00:00Z", 23h + 59min, utc) == "1970-01-01T23:59:00Z");
}

TEST_CASE("the time is the zone's") {
  CHECK(next("2026-11-28T02:29:59Z", 3h + 30min, berlin) == "2026-11-28T02:30:00Z");
  CHECK(next("2026-07-01T12:00:00Z", 3h + 30min, berlin) == "2026-07-02T01:30:00Z");
  const auto east = [](Timestamp) { return std::chrono::seconds(14h); };
  CHECK(next("2026-11-28T12:00:00Z", 3h + 30min, east) == "2026-11-28T13:30:00Z");
  const auto west = [](Timestamp) { return std::chrono::seconds(-12h); };
  CHECK(next("2026-11-28T12:00:00Z", 3h + 30min, west) == "2026-11-28T15:30:00Z");
}

TEST_CASE("a time that clocks leave out in spring comes an hour later") {
  CHECK(next("2026-03-28T12:00:00Z", 2h + 30min, berlin) == "2026-03-29T01:30:00Z");  // 03:30 there
  CHECK(next("2026-03-29T01:30:00Z", 2h + 30min, berlin) == "2026-03-30T00:30:00Z");
}

TEST_CASE("a time that clocks show twice in autumn comes once") {
  CHECK(next("2026-10-24T12:00:00Z", 2h + 30min, berlin) == "2026-10-25T00:30:00Z");
  CHECK(next("2026-10-25T00:30:00Z", 2h + 30min, berlin) == "2026-10-26T01:30:00Z");
}

TEST_CASE("each day of a year has one run, and they are 23 to 25 hours apart") {
  const auto time_of_day = GENERATE(0min, 1h + 59min, 2h + 0min, 2h + 30min, 2h + 59min, 3h + 0min, 23h + 59min);
  Timestamp time = at("2026-01-01T12:00:00Z");
  for (int day = 0; day < 365; ++day) {
    const Timestamp following = next_time_of_day(time, time_of_day, berlin);
    INFO(to_iso8601(time) << " " << to_iso8601(following));
    if (day > 0) {
      CHECK(following - time >= 23h);
      CHECK(following - time <= 25h);
    }
    time = following;
  }
  CHECK(time == next_time_of_day(at("2026-12-31T11:59:59Z"), time_of_day, berlin));
}

TEST_CASE("a day that a zone leaves out has no run of its own") {
  CHECK(next("2011-12-29T00:00:00Z", 3h + 30min, apia) == "2011-12-29T13:30:00Z");  // the 29th
  CHECK(next("2011-12-29T13:30:00Z", 3h + 30min, apia) == "2011-12-30T13:30:00Z");  // the 31st
  CHECK(next("2011-12-30T13:30:00Z", 3h + 30min, apia) == "2011-12-31T13:30:00Z");
}

// A server that started at some time, and what it knows.
struct Day {
  test::ManualClock clock;
  DailySituation situation;

  explicit Day(const std::string& start) : clock(at(start)) {
    situation.time_of_day = 3h + 30min;
    situation.clock = ClockWatch({clock.now(), clock.steady_now()});
  }
  // The clock runs on, looked at every 10 minutes.
  DailyVerdict after(std::chrono::seconds time) {
    for (std::chrono::seconds left = time; left > 0s; left -= std::min<std::chrono::seconds>(left, 10min)) {
      clock.advance(std::min<std::chrono::seconds>(left, 10min));
      situation.clock.read({clock.now(), clock.steady_now()});
    }
    return verdict();
  }
  DailyVerdict after_jump(std::chrono::seconds by) {
    clock.set(clock.now() + by);
    situation.clock.read({clock.now(), clock.steady_now()});
    return verdict();
  }
  DailyVerdict verdict() {
    situation.now = clock.now();
    return judge(situation, utc);
  }
};

TEST_CASE("it is due when the time comes while the server runs") {
  Day day("2026-11-28T01:00:00Z");
  CHECK(day.verdict() == DailyVerdict::not_yet);
  CHECK(day.after(2h + 30min - 1s) == DailyVerdict::not_yet);
  CHECK(day.after(1s) == DailyVerdict::due);
  CHECK(day.after(1h) == DailyVerdict::due);  // until it has run
  day.situation.last_run = day.clock.now();
  CHECK(day.verdict() == DailyVerdict::not_yet);
  CHECK(day.after(23h - 1s) == DailyVerdict::not_yet);
  CHECK(day.after(1s) == DailyVerdict::due);
}

TEST_CASE("a first start in the afternoon waits for the night") {
  Day day("2026-11-28T15:00:00Z");
  day.situation.last_run = day.clock.now();  // kept at the first start
  CHECK(day.after(12h + 30min - 1s) == DailyVerdict::not_yet);
  CHECK(day.after(1s) == DailyVerdict::due);
}

TEST_CASE("a run missed by up to a day waits for the next time, by more it is made up at once") {
  const auto start = [](const std::string& time, const std::string& last_run) {
    Day day(time);
    day.situation.last_run = at(last_run);
    return day.verdict();
  };
  CHECK(start("2026-11-28T04:00:00Z", "2026-11-27T03:30:00Z") == DailyVerdict::not_yet);
  CHECK(start("2026-11-29T03:29:59Z", "2026-11-27T03:30:00Z") == DailyVerdict::not_yet);
  CHECK(start("2026-11-29T03:30:00Z", "2026-11-27T03:30:00Z") == DailyVerdict::missed);
  CHECK(start("2026-12-28T12:00:00Z", "2026-11-27T03:30:00Z") == DailyVerdict::missed);
}

TEST_CASE("a server that runs for an hour each afternoon cleans up all the same") {
  std::optional<Timestamp> last_run = at("2026-11-01T15:00:00Z");  // the first start
  int runs = 0;
  for (int number = 2; number <= 30; ++number) {
    Day day("2026-11-" + std::string(number < 10 ? "0" : "") + std::to_string(number) + "T15:00:00Z");
    day.situation.last_run = last_run;
    if (day.verdict() == DailyVerdict::missed) {
      ++runs;
      last_run = day.situation.last_run = day.clock.now();
    }
    CHECK(day.after(1h) == DailyVerdict::not_yet);
  }
  CHECK(runs == 14);
}

TEST_CASE("when it is off it is never due") {
  Day day("2026-11-28T01:00:00Z");
  day.situation.time_of_day.reset();
  day.situation.last_run = at("2020-01-01T00:00:00Z");
  CHECK(day.verdict() == DailyVerdict::off);
  CHECK(day.after(24h) == DailyVerdict::off);
  CHECK(day.after_jump(days(400)) == DailyVerdict::off);
}

TEST_CASE("after a jump of the clock it waits for a steady hour, and then runs if its time has come") {
  Day day("2026-11-28T15:00:00Z");
  day.situation.last_run = at("2026-11-28T03:30:00Z");
  CHECK(day.after_jump(days(400)) == DailyVerdict::clock_jumped);
  CHECK(day.after(59min) == DailyVerdict::clock_jumped);
  CHECK(day.after(1min) == DailyVerdict::due);
}

TEST_CASE("a clock that jumped there and back within the hour makes nothing due") {
  Day day("2026-11-28T15:00:00Z");
  day.situation.last_run = at("2026-11-28T03:30:00Z");
  CHECK(day.after_jump(days(400)) == DailyVerdict::clock_jumped);
  CHECK(day.after_jump(days(-400)) == DailyVerdict::clock_jumped);
  CHECK(day.after(1h) == DailyVerdict::not_yet);
  CHECK(day.after(11h + 30min) == DailyVerdict::due);
}

TEST_CASE("a clock that stands before the newest record is not believed until it has run steadily for an hour") {
  Day day("1970-01-01T00:10:00Z");
  day.situation.newest_record = at("2026-11-28T10:00:00Z");
  day.situation.last_run = at("2026-11-28T03:30:00Z");
  CHECK(day.verdict() == DailyVerdict::clock_behind);
  CHECK(day.after(59min) == DailyVerdict::clock_behind);
  CHECK(day.after(1min) == DailyVerdict::not_yet);
  CHECK(day.after(2h + 20min) == DailyVerdict::due);
}

TEST_CASE("a clock that is put right after the start is believed an hour later") {
  Day day("1970-01-01T00:10:00Z");
  day.situation.newest_record = at("2026-11-28T10:00:00Z");
  day.situation.last_run = at("2026-11-27T03:30:00Z");
  CHECK(day.after_jump(std::chrono::floor<std::chrono::seconds>(at("2026-11-28T10:05:00Z") - day.clock.now())) ==
        DailyVerdict::clock_jumped);
  CHECK(day.after(1h) == DailyVerdict::due);
}

TEST_CASE("a record from moments ago is no reason for distrust when the clock is corrected by seconds") {
  Day day("2026-11-28T01:00:00Z");
  day.situation.newest_record = day.clock.now() + 30s;
  CHECK(day.verdict() == DailyVerdict::not_yet);
  day.situation.newest_record = day.clock.now() + 2min;
  CHECK(day.verdict() == DailyVerdict::clock_behind);
}

TEST_CASE("a last run that a wrong clock left in the future holds up nothing") {
  Day day("2026-11-28T01:00:00Z");
  day.situation.last_run = at("2028-01-01T03:30:00Z");
  CHECK(day.verdict() == DailyVerdict::not_yet);
  CHECK(day.after(2h + 30min) == DailyVerdict::due);
}

TEST_CASE("a clock that is put back by hours during the night may run twice but is never left out") {
  Day day("2026-11-28T01:00:00Z");
  CHECK(day.after(3h) == DailyVerdict::due);
  day.situation.last_run = day.clock.now();
  CHECK(day.after_jump(-3h) == DailyVerdict::not_yet);
  CHECK(day.after(2h + 30min) == DailyVerdict::due);
}

TEST_CASE("every verdict has its word") {
  using enum DailyVerdict;
  for (const auto verdict : {off, not_yet, due, missed, clock_jumped, clock_behind}) {
    CHECK_FALSE(to_string(verdict).empty());
    CHECK((runs(verdict) ? 1 : 0) + (distrusts(verdict) ? 1 : 0) <= 1);
  }
}

}  // namespace
}  // namespace lightfast::lifecycle
