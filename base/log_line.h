// One log event as one line: the form alone, without where it goes or whether it is wanted. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace lightfast {

struct LogEvent {
  Timestamp time;
  LogLevel level = LogLevel::info;
  std::string_view message;
  std::span<const LogField> fields;
};

// Longer messages and values are cut there, at a character's border, and say so.
inline constexpr std::size_t log_value_limit_bytes = 2048;

// Without the line's end. Text: "2026-11-28T10:00:00.123Z info  stored id=img_… note=\"two words\"", a value in quotes
// where it would be misread without. JSON: an object with `time`, `level`, `message` and the fields. Control
// characters, U+2028 and U+2029 are escaped; bytes that are no UTF-8 become \xff in text and U+FFFD in JSON.
std::string format_log_line(LogFormat format, const LogEvent& event);

}  // namespace lightfast
