#include "base/log_line.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <limits>

#include "base/encoding.h"
#include "base/id.h"

using namespace lightfast;

namespace {

std::string line_of(LogFormat format, std::string_view message, std::initializer_list<LogField> fields = {}) {
  const Timestamp time = *parse_iso8601("2026-11-28T10:00:00Z") + std::chrono::milliseconds(7);
  return format_log_line(format, {time, LogLevel::info, message, {fields.begin(), fields.size()}});
}

std::string parsed_value(std::string_view value) {
  return std::string(boost::json::parse(line_of(LogFormat::json, "m", {{"v", value}})).at("v").as_string());
}

// What a terminal or a line reader would take for a command or a line's end.
bool is_one_plain_line(std::string_view line) {
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  for (const char* forbidden : {"\u2028", "\u2029", "\u0085", "\u009b"}) {
    if (line.find(forbidden) != std::string_view::npos) return false;
  }
  return is_utf8(line);
}

}  // namespace

TEST_CASE("A text line has time, level, message and fields") {
  const std::string id = "img_1";
  CHECK(line_of(LogFormat::text, "stored", {{"id", id}, {"bytes", 42u}, {"ok", true}, {"seconds", 0.5}}) ==
        "2026-11-28T10:00:00.007Z info    stored id=img_1 bytes=42 ok=true seconds=0.5");
}

TEST_CASE("A JSON line has time, level, message and fields with their types") {
  CHECK(line_of(LogFormat::json, "stored", {{"id", "img_1"}, {"bytes", -42}, {"ok", false}, {"seconds", 0.5}}) ==
        R"({"time":"2026-11-28T10:00:00.007Z","level":"info","message":"stored","id":"img_1","bytes":-42,"ok":false,)"
        R"("seconds":0.5})");
}

TEST_CASE("Text values that would be misread stand in quotes") {
  const auto [value, shown] = GENERATE(table<std::string, std::string>({{"", R"("")"},
                                                                        {"two words", R"("two words")"},
                                                                        {"a=b", R"("a=b")"},
                                                                        {R"(a"b\c)", R"("a\"b\\c")"},
                                                                        {"Übel", R"("Übel")"},
                                                                        {"a\nb\r\t", R"("a\nb\r\t")"},
                                                                        {"\x1b[31m", R"("\u001b[31m")"},
                                                                        {"\x7f", R"("\u007f")"},
                                                                        {"\u0085", R"("\u0085")"},
                                                                        {"\u2028\u2029", R"("\u2028\u2029")"},
                                                                        {"\xff", R"("\xff")"},
                                                                        {"https://host/a?b", "https://host/a?b"}}));
  CHECK(line_of(LogFormat::text, "m", {{"v", value}}) == "2026-11-28T10:00:00.007Z info    m v=" + shown);
}

TEST_CASE("JSON values come back as they were, but for bytes that are no UTF-8") {
  const std::string value = GENERATE("", "plain", "two words", R"(quote " and \ backslash)", "a\nb\r\t\b\f", "\x1b[31m",
                                     "\x7f\u0085\u2028\u2029", "Übel 😀");
  CHECK(parsed_value(value) == value);
  CHECK(parsed_value("a\xff\xc3z") == "a\uFFFD\uFFFDz");
  CHECK(parsed_value(std::string("a\0b", 3)) == std::string("a\0b", 3));
}

TEST_CASE("No bytes whatever make more than one plain line of one event") {
  const LogFormat format = GENERATE(LogFormat::text, LogFormat::json);
  for (int round = 0; round < 200; ++round) {
    const std::string bytes = random_bytes(100) + "\n\u2028\u0085" + random_bytes(3);
    const std::string line = line_of(format, bytes, {{"value", bytes}, {bytes, bytes}});
    REQUIRE(is_one_plain_line(line));
    if (format == LogFormat::json) REQUIRE_NOTHROW(boost::json::parse(line));
  }
}

TEST_CASE("Long values are cut at a character's border and say how long they were") {
  const std::string ascii = parsed_value(std::string(5000, 'x'));
  CHECK(ascii == std::string(log_value_limit_bytes, 'x') + "… (5000 bytes)");
  CHECK(parsed_value(std::string(log_value_limit_bytes, 'x')).size() == log_value_limit_bytes);

  for (int offset = 0; offset < 4; ++offset) {
    std::string text(static_cast<std::size_t>(offset), 'x');
    while (text.size() < 4000) text += "😀";
    const std::string kept = parsed_value(text);
    CHECK(kept.find("\uFFFD") == std::string::npos);
    CHECK(kept.size() < log_value_limit_bytes + 20);
  }
  CHECK(line_of(LogFormat::text, std::string(5000, 'x')).size() < 2200);
  CHECK(parsed_value(std::string(5000, '\x80')).ends_with("… (5000 bytes)"));
}

TEST_CASE("Numbers that JSON has no word for are null") {
  const std::string line = line_of(LogFormat::json, "m", {{"v", std::numeric_limits<double>::infinity()}});
  CHECK(boost::json::parse(line).at("v").is_null());
}
