#include "base/clock.h"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"

using namespace lightfast;
using namespace std::chrono_literals;

namespace {

Timestamp at(std::chrono::milliseconds since_epoch) {
  return Timestamp(since_epoch);
}

const Timestamp example = at(784111777s);  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

TEST_CASE("Times are written in UTC and whole seconds, rounded down") {
  CHECK(to_iso8601(at(0s)) == "1970-01-01T00:00:00Z");
  CHECK(to_iso8601(example + 999ms) == "1994-11-06T08:49:37Z");
  CHECK(to_iso8601(at(-1ms)) == "1969-12-31T23:59:59Z");
  CHECK(to_iso8601(at(1709164800s)) == "2024-02-29T00:00:00Z");
}

TEST_CASE("A written time is read back") {
  const std::string text = GENERATE("1970-01-01T00:00:00Z", "2026-11-28T10:00:00Z", "2024-02-29T23:59:59Z",
                                    "2000-02-29T12:00:00Z", "9999-12-31T23:59:59Z");
  const auto time = parse_iso8601(text);
  REQUIRE(time);
  CHECK(to_iso8601(*time) == text);
}

TEST_CASE("Only the one form of a time is read") {
  const std::string text =
      GENERATE("", "2026-11-28", "2026-11-28T10:00:00", "2026-11-28t10:00:00z", "2026-11-28 10:00:00Z",
               "2026-11-28T10:00:00.5Z", "2026-11-28T10:00:00+00:00", "2026-11-28T10:00Z", "2026-13-01T00:00:00Z",
               "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
               "2026-01-00T00:00:00Z", "2026-11-28T24:00:00Z", "2026-11-28T10:60:00Z", "2026-11-28T10:00:61Z",
               "2026-11-28T10:00:00Z ", " 2026-11-28T10:00:00Z", "26-11-28T10:00:00Z", "+026-11-28T10:00:00Z");
  CAPTURE(text);
  CHECK_FALSE(parse_iso8601(text));
}

TEST_CASE("HTTP dates are written as IMF-fixdate") {
  CHECK(to_http_date(example + 999ms) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(to_http_date(at(0s)) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("HTTP dates are read in the three forms of RFC 9110") {
  const std::string text =
      GENERATE("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994");
  CAPTURE(text);
  CHECK(parse_http_date(text) == example);
}

TEST_CASE("Every HTTP date that we write we read, on every day of four years") {
  for (Timestamp day = at(1704067200s); day < at(1830297600s); day += 24h) {
    REQUIRE(parse_http_date(to_http_date(day + 86399s)) == day + 86399s);
  }
}

TEST_CASE("asctime's day is padded with a space or has two digits") {
  CHECK(parse_http_date("Wed Nov 16 08:49:37 1994") == example + 10 * 24h);
  CHECK(parse_http_date("Sun Nov 06 08:49:37 1994") == example);
  CHECK_FALSE(parse_http_date("Sun Nov 6 08:49:37 1994"));
}

TEST_CASE("A two-digit year more than 50 years ahead is one of the past") {
  const Timestamp now = *parse_iso8601("2026-11-28T10:00:00Z");
  CHECK(to_iso8601(parse_http_date("Wednesday, 01-Jan-76 00:00:00 GMT", now).value()) == "2076-01-01T00:00:00Z");
  CHECK(to_iso8601(parse_http_date("Saturday, 01-Jan-77 00:00:00 GMT", now).value()) == "1977-01-01T00:00:00Z");
  CHECK(to_iso8601(parse_http_date("Thursday, 01-Jan-26 00:00:00 GMT", now).value()) == "2026-01-01T00:00:00Z");
}

TEST_CASE("Leap days and leap seconds are read where there can be one") {
  CHECK(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"));
  CHECK_FALSE(parse_http_date("Wed, 29 Feb 2023 00:00:00 GMT"));
  CHECK_FALSE(parse_http_date("Thu, 29 Feb 1900 00:00:00 GMT"));
  CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == parse_http_date("Sun, 01 Jan 2017 00:00:00 GMT"));
}

TEST_CASE("What is no HTTP date is not read") {
  const std::string text =
      GENERATE("", "0", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
               "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
               "sun, 06 nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
               "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
               "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
               "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT",
               "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Now 1994 08:49:37 GMT");
  CAPTURE(text);
  CHECK_FALSE(parse_http_date(text));
}

TEST_CASE("A time's day is the one in UTC") {
  CHECK(to_utc_day(example) == "1994-11-06");
  CHECK(to_utc_day(at(86399999ms)) == "1970-01-01");
  CHECK(to_utc_day(at(86400000ms)) == "1970-01-02");
}

TEST_CASE("The system's clock runs and knows the century") {
  const SystemClock clock;
  CHECK(clock.now() > *parse_iso8601("2024-01-01T00:00:00Z"));
  const SteadyTime earlier = clock.steady_now();
  CHECK(clock.steady_now() >= earlier);
}

TEST_CASE("A manual clock moves both its hands, or is set without a trace in the steady one") {
  test::ManualClock clock;
  const Timestamp wall = clock.now();
  const SteadyTime steady = clock.steady_now();
  clock.advance(5s);
  CHECK(clock.now() == wall + 5s);
  CHECK(clock.steady_now() == steady + 5s);
  clock.set(wall);
  CHECK(clock.now() == wall);
  CHECK(clock.steady_now() == steady + 5s);
}
