#include "base/time_zone.h"

#include <catch2/catch.hpp>

using namespace lightfast;
using namespace std::chrono_literals;

TEST_CASE("a zone is known by its name in the system's database, or as a POSIX rule") {
  for (const char* name : {"UTC", "GMT", "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", "EST5EDT"}) {
    INFO(name);
    CHECK(is_time_zone(name));
  }
  for (const char* name : {"", ":", "Europe/Berln", "Berlin", "Europe", "Europe/", "../../../etc", "+1", "1"}) {
    INFO(name);
    CHECK_FALSE(is_time_zone(name));
  }
}

TEST_CASE("the process's zone tells what its clocks are ahead of UTC, winter and summer") {
  use_time_zone("CET-1CEST,M3.5.0,M10.5.0/3");
  CHECK(utc_offset_at(*parse_iso8601("2026-01-15T12:00:00Z")) == 1h);
  CHECK(utc_offset_at(*parse_iso8601("2026-07-15T12:00:00Z")) == 2h);
  CHECK(utc_offset_at(*parse_iso8601("2026-03-29T00:59:59Z")) == 1h);
  CHECK(utc_offset_at(*parse_iso8601("2026-03-29T01:00:00Z")) == 2h);
  use_time_zone("UTC");
  CHECK(utc_offset_at(*parse_iso8601("2026-07-15T12:00:00Z")) == 0s);
}
