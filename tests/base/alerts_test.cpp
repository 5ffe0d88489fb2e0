#include "base/alerts.h"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"

using namespace lightfast;
using namespace lightfast::test;
using namespace std::chrono_literals;

TEST_CASE("An alert can be taken at once and only once") {
  ManualClock clock;
  Alerts alerts(clock);
  alerts.raise(AlertKind::disk_low, "10 MB are free");
  const auto due = alerts.take();
  REQUIRE(due.size() == 1);
  CHECK(due[0].kind == AlertKind::disk_low);
  CHECK(due[0].detail == "10 MB are free");
  CHECK(due[0].times == 1);
  CHECK(alerts.take().empty());
}

TEST_CASE("Alerts of a kind that come soon after are gathered into one that says how many") {
  ManualClock clock;
  Alerts alerts(clock);
  alerts.raise(AlertKind::image_missed, "first");
  alerts.take();
  const Timestamp second = clock.now();
  for (int i = 0; i < 1000; ++i) alerts.raise(AlertKind::image_missed, "number " + std::to_string(i));
  CHECK(alerts.take().empty());
  clock.advance(10min);
  const auto due = alerts.take();
  REQUIRE(due.size() == 1);
  CHECK(due[0].times == 1000);
  CHECK(due[0].detail == "number 999");
  CHECK(due[0].raised_at == second);
}

TEST_CASE("One kind of alert does not hold up another") {
  ManualClock clock;
  Alerts alerts(clock);
  alerts.raise(AlertKind::disk_low, "low");
  alerts.take();
  alerts.raise(AlertKind::disk_low, "lower");
  alerts.raise(AlertKind::file_quarantined, "alice/img_1.png");
  const auto due = alerts.take();
  REQUIRE(due.size() == 1);
  CHECK(due[0].kind == AlertKind::file_quarantined);
}
