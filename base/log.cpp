#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/clock.h"
#include "base/log_line.h"

namespace lightfast {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

// spdlog carries finished lines, whole and one at a time; their form is ours (log_line).
struct Logger::Impl {
  Impl(LogLevel lowest, LogFormat line_format)
      : level(lowest), format(line_format), sink("lightfast", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    sink.set_pattern("%v");
    sink.set_level(to_spdlog(lowest));
  }
  const LogLevel level;
  const LogFormat format;
  spdlog::logger sink;
};

Logger::Logger(LogLevel level, LogFormat format) : impl_(std::make_unique<Impl>(level, format)) {}
Logger::~Logger() = default;

bool Logger::enabled(LogLevel level) const {
  return level >= impl_->level;
}

void Logger::log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  const LogEvent event{SystemClock().now(), level, message, {fields.begin(), fields.size()}};
  const std::string line = format_log_line(impl_->format, event);
  impl_->sink.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace lightfast
