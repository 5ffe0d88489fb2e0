// Whether a clock is believed, from readings of it.
#include "server/lifecycle/clock_watch.h"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"

namespace lightfast::lifecycle {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

// Reads a clock once a second, as the scheduler does.
struct WatchedClock {
  test::ManualClock clock;
  ClockWatch watch{{clock.now(), clock.steady_now()}};

  void read() { watch.read({clock.now(), clock.steady_now()}); }
  void run_for(std::chrono::seconds time) {
    for (std::chrono::seconds passed{0}; passed < time; passed += 1s) {
      clock.advance(1s);
      read();
    }
  }
  void jump(std::chrono::milliseconds by) {
    clock.set(clock.now() + by);
    read();
  }
};

TEST_CASE("a clock that keeps step with the time that passes is steady after an hour, and stays so") {
  WatchedClock it;
  it.run_for(3599s);
  CHECK_FALSE(it.watch.is_steady());
  it.run_for(1s);
  CHECK(it.watch.is_steady());
  it.run_for(7200s);
  CHECK(it.watch.is_steady());
  CHECK_FALSE(it.watch.has_jumped());
}

TEST_CASE("a clock that jumps by a day or more, to either side, has jumped for an hour") {
  WatchedClock it;
  it.run_for(7200s);
  const days by = GENERATE(days(1), days(-1), days(2), days(400), days(-20'000));
  it.jump(by);
  CHECK(it.watch.has_jumped());
  CHECK_FALSE(it.watch.is_steady());
  it.run_for(3599s);
  CHECK(it.watch.has_jumped());
  it.run_for(1s);
  CHECK_FALSE(it.watch.has_jumped());
  CHECK(it.watch.is_steady());
}

TEST_CASE("a second jump makes the hour begin anew") {
  WatchedClock it;
  it.jump(days(400));
  it.run_for(3000s);
  it.jump(-10min);
  it.run_for(3000s);
  CHECK(it.watch.has_jumped());
  it.run_for(600s);
  CHECK_FALSE(it.watch.has_jumped());
}

TEST_CASE("a jump by less than a day is none, but the clock is not steady for an hour") {
  WatchedClock it;
  it.run_for(3600s);
  it.jump(23h);
  CHECK_FALSE(it.watch.has_jumped());
  CHECK_FALSE(it.watch.is_steady());
  it.run_for(3600s);
  CHECK(it.watch.is_steady());
}

TEST_CASE("jumps that come within the hour add up") {
  WatchedClock it;
  for (int i = 0; i < 3; ++i) {
    it.jump(9h);
    it.run_for(60s);
  }
  CHECK(it.watch.has_jumped());

  WatchedClock back_and_forth;
  for (int i = 0; i < 3; ++i) {
    back_and_forth.jump(9h);
    back_and_forth.jump(-9h);
  }
  CHECK_FALSE(back_and_forth.watch.has_jumped());
}

TEST_CASE("corrections by seconds, and slow drift over months, are no jump") {
  WatchedClock it;
  it.run_for(3600s);
  it.jump(-30s);
  CHECK(it.watch.is_steady());
  for (int hour = 0; hour < 24 * 100; ++hour) {  // in the end it is two days ahead
    it.clock.advance(1h);
    it.clock.set(it.clock.now() + 30s);
    it.read();
  }
  CHECK_FALSE(it.watch.has_jumped());
  CHECK(it.watch.is_steady());
}

TEST_CASE("a process that was stopped for days does not believe what it finds") {
  WatchedClock it;
  it.run_for(3600s);
  it.clock.advance(days(3));  // both clocks agree, but nobody looked
  it.read();
  CHECK(it.watch.has_jumped());
  CHECK_FALSE(it.watch.is_steady());
}

TEST_CASE("the time since which it was watched goes back with a clock that is put back") {
  WatchedClock it;
  const Timestamp start = it.clock.now();
  it.run_for(10s);
  CHECK(it.watch.watched_since() == start);
  it.jump(days(-5));
  CHECK(it.watch.watched_since() == start + 10s - days(5));
}

}  // namespace
}  // namespace lightfast::lifecycle
