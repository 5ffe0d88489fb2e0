// Time behind a seam, so that tests turn the hands. Wall time has milliseconds inside and whole seconds outside;
// steady time measures durations. Any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lightfast {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
  virtual SteadyTime steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
  SteadyTime steady_now() const override;
};

// "2026-11-28T10:00:00Z": UTC, whole seconds, rounded down.
std::string to_iso8601(Timestamp time);

// The other way; only that one form is read.
std::optional<Timestamp> parse_iso8601(std::string_view text);

// "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 section 5.6.7 (IMF-fixdate), rounded down to seconds.
std::string to_http_date(Timestamp time);

// The three forms that RFC 9110 section 5.6.7 has a recipient read; nothing else. `now` tells the century of a
// two-digit year.
std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now = SystemClock().now());

// "2026-11-28", the UTC day that daily counters are kept under.
std::string to_utc_day(Timestamp time);

}  // namespace lightfast
