#include "base/log_line.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <type_traits>

#include "base/encoding.h"

namespace lightfast {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

// A log is searched and put in order by machines: unlike the product's own times it has milliseconds.
std::string time_text(Timestamp time) {
  std::string text = to_iso8601(time);
  const auto milliseconds = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  text.insert(text.size() - 1, fmt::format(".{:03}", milliseconds));
  return text;
}

// A well-formed sequence that would break a line or command a terminal: C0, DEL, C1 (U+0080 to U+009F), and the line
// and paragraph separators U+2028 and U+2029, which end a line for some readers of JSON.
bool is_control(std::string_view sequence) {
  const auto byte = [&sequence](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (sequence.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  return sequence == "\u2028" || sequence == "\u2029";
}

unsigned code_point(std::string_view sequence) {
  const auto byte = [&sequence](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  if (sequence.size() == 2) return (byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu);
  return (byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
}

void append_control(std::string& line, std::string_view sequence) {
  switch (sequence.front()) {
    case '\n': line += "\\n"; return;
    case '\r': line += "\\r"; return;
    case '\t': line += "\\t"; return;
    default: line += fmt::format("\\u{:04x}", code_point(sequence)); return;
  }
}

struct Cut {
  std::string_view kept;
  bool was_cut;
};

Cut cut(std::string_view text) {
  if (text.size() <= log_value_limit_bytes) return {text, false};
  std::size_t end = log_value_limit_bytes;
  // Steps back to a character's first byte; more than three continuation bytes are no UTF-8 and cut anywhere.
  while (end > log_value_limit_bytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return {text.substr(0, end), true};
}

// With quotes and backslashes escaped, so that it may stand between quotes in either format.
void append_escaped(std::string& line, std::string_view text, LogFormat format) {
  const Cut part = cut(text);
  for (std::string_view rest = part.kept; !rest.empty();) {
    const std::size_t length = utf8_sequence_length(rest);
    const std::string_view sequence = rest.substr(0, length == 0 ? 1 : length);
    rest.remove_prefix(sequence.size());
    if (length == 0) {
      line +=
          format == LogFormat::json ? "\uFFFD" : fmt::format("\\x{:02x}", static_cast<unsigned char>(sequence.front()));
    } else if (is_control(sequence)) {
      append_control(line, sequence);
    } else if (sequence == "\"" || sequence == "\\") {
      line += '\\';
      line += sequence;
    } else {
      line += sequence;
    }
  }
  if (part.was_cut) line += fmt::format("… ({} bytes)", text.size());
}

void append_quoted(std::string& line, std::string_view text, LogFormat format) {
  line += '"';
  append_escaped(line, text, format);
  line += '"';
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || text.size() > log_value_limit_bytes) return true;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F || c == '"' || c == '\\' ||
        c == '=') {
      return true;
    }
  }
  return false;
}

void append_value(std::string& line, const LogField& field, LogFormat format) {
  std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, std::string_view>) {
          if (format == LogFormat::json || needs_quotes(value)) {
            append_quoted(line, value, format);
          } else {
            line += value;
          }
        } else if constexpr (std::is_same_v<Value, double>) {
          // JSON has no word for infinity or not-a-number.
          line += format == LogFormat::json && !std::isfinite(value) ? "null" : fmt::format("{}", value);
        } else {
          line += fmt::format("{}", value);
        }
      },
      field.value);
}

std::string text_line(const LogEvent& event) {
  std::string line = fmt::format("{} {:<7} ", time_text(event.time), level_name(event.level));
  append_escaped(line, event.message, LogFormat::text);
  for (const LogField& field : event.fields) {
    line += ' ';
    append_escaped(line, field.name, LogFormat::text);
    line += '=';
    append_value(line, field, LogFormat::text);
  }
  return line;
}

std::string json_line(const LogEvent& event) {
  std::string line =
      fmt::format(R"({{"time":"{}","level":"{}","message":)", time_text(event.time), level_name(event.level));
  append_quoted(line, event.message, LogFormat::json);
  for (const LogField& field : event.fields) {
    line += ',';
    append_quoted(line, field.name, LogFormat::json);
    line += ':';
    append_value(line, field, LogFormat::json);
  }
  line += '}';
  return line;
}

}  // namespace

std::string format_log_line(LogFormat format, const LogEvent& event) {
  return format == LogFormat::json ? json_line(event) : text_line(event);
}

}  // namespace lightfast
