#include "base/clock.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace lightfast {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct CivilTime {
  year_month_day date;
  hh_mm_ss<seconds> time;
};

CivilTime to_civil(Timestamp time) {
  const auto day = floor<days>(time);
  return {year_month_day(day), hh_mm_ss<seconds>(floor<seconds>(time - day))};
}

// Cuts a text into pieces from the left; after the first piece that doesn't fit everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool finished() const { return !failed_ && rest_.empty(); }

  void expect(std::string_view literal) {
    if (rest_.starts_with(literal)) {
      rest_.remove_prefix(literal.size());
    } else {
      failed_ = true;
    }
  }

  // Exactly `count` digits.
  int number(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) failed_ = true;
    for (std::size_t i = 0; i < count && !failed_; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') failed_ = true;
      value = value * 10 + (rest_[i] - '0');
    }
    if (!failed_) rest_.remove_prefix(count);
    return failed_ ? 0 : value;
  }

  // asctime pads the day with a space: " 6" or "16".
  int space_padded_number() {
    if (!rest_.starts_with(' ')) return number(2);
    expect(" ");
    return number(1);
  }

  // Which of `names` stands here, each taken in full or by its first `letters`.
  template <std::size_t Count>
  unsigned name(const std::array<std::string_view, Count>& names, std::size_t letters) {
    for (unsigned i = 0; i < Count && !failed_; ++i) {
      const std::string_view candidate = names[i].substr(0, letters);
      if (rest_.starts_with(candidate)) {
        rest_.remove_prefix(candidate.size());
        return i;
      }
    }
    failed_ = true;
    return 0;
  }

  seconds time_of_day() {
    const int hour = number(2);
    expect(":");
    const int minute = number(2);
    expect(":");
    const int second = number(2);
    if (hour > 23 || minute > 59 || second > 60) failed_ = true;  // 60: a leap second, RFC 5322 section 3.3
    return hours(hour) + minutes(minute) + seconds(second);
  }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct HttpDate {
  unsigned weekday = 0;
  int year = 0;
  unsigned month = 0;  // from 1
  int day = 0;
  seconds time_of_day{};
};

std::optional<Timestamp> to_timestamp(const HttpDate& parts) {
  const year_month_day date(year(parts.year), month(parts.month), day(static_cast<unsigned>(parts.day)));
  // RFC 5322 section 3.3: the day of the week must be the one of that date.
  if (!date.ok() || weekday(sys_days(date)).c_encoding() != parts.weekday) return std::nullopt;
  return Timestamp(sys_days(date) + parts.time_of_day);
}

// RFC 9110 section 5.6.7: what seems more than 50 years ahead is the most recent past year with these digits.
int full_year(int two_digits, Timestamp now) {
  const int this_year = static_cast<int>(year_month_day(floor<days>(now)).year());
  const int guess = this_year / 100 * 100 + two_digits;
  return guess > this_year + 50 ? guess - 100 : guess;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<HttpDate> read_imf_fixdate(std::string_view text) {
  Reader reader(text);
  HttpDate date;
  date.weekday = reader.name(day_names, 3);
  reader.expect(", ");
  date.day = reader.number(2);
  reader.expect(" ");
  date.month = reader.name(month_names, 3) + 1;
  reader.expect(" ");
  date.year = reader.number(4);
  reader.expect(" ");
  date.time_of_day = reader.time_of_day();
  reader.expect(" GMT");
  return reader.finished() ? std::optional(date) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<HttpDate> read_rfc850_date(std::string_view text, Timestamp now) {
  Reader reader(text);
  HttpDate date;
  date.weekday = reader.name(day_names, std::string_view::npos);
  reader.expect(", ");
  date.day = reader.number(2);
  reader.expect("-");
  date.month = reader.name(month_names, 3) + 1;
  reader.expect("-");
  date.year = full_year(reader.number(2), now);
  reader.expect(" ");
  date.time_of_day = reader.time_of_day();
  reader.expect(" GMT");
  return reader.finished() ? std::optional(date) : std::nullopt;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<HttpDate> read_asctime_date(std::string_view text) {
  Reader reader(text);
  HttpDate date;
  date.weekday = reader.name(day_names, 3);
  reader.expect(" ");
  date.month = reader.name(month_names, 3) + 1;
  reader.expect(" ");
  date.day = reader.space_padded_number();
  reader.expect(" ");
  date.time_of_day = reader.time_of_day();
  reader.expect(" ");
  date.year = reader.number(4);
  return reader.finished() ? std::optional(date) : std::nullopt;
}

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 64> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), pattern, values...);
  return std::string(buffer.data(), std::min<std::size_t>(static_cast<std::size_t>(length), buffer.size() - 1));
}

}  // namespace

Timestamp SystemClock::now() const {
  return floor<milliseconds>(system_clock::now());
}
SteadyTime SystemClock::steady_now() const {
  return steady_clock::now();
}

std::string to_iso8601(Timestamp time) {
  const CivilTime civil = to_civil(time);
  return to_utc_day(time) + format("T%02d:%02d:%02dZ", static_cast<int>(civil.time.hours().count()),
                                   static_cast<int>(civil.time.minutes().count()),
                                   static_cast<int>(civil.time.seconds().count()));
}

std::optional<Timestamp> parse_iso8601(std::string_view text) {
  Reader reader(text);
  const int year_number = reader.number(4);
  reader.expect("-");
  const int month_number = reader.number(2);
  reader.expect("-");
  const int day_number = reader.number(2);
  reader.expect("T");
  const seconds time = reader.time_of_day();
  reader.expect("Z");
  const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number)));
  if (!reader.finished() || !date.ok()) return std::nullopt;
  return Timestamp(sys_days(date) + time);
}

std::string to_http_date(Timestamp time) {
  const CivilTime civil = to_civil(time);
  const unsigned day_of_week = weekday(sys_days(civil.date)).c_encoding();
  return format("%.3s, %02u %.3s %04d %02d:%02d:%02d GMT", day_names[day_of_week].data(),
                static_cast<unsigned>(civil.date.day()),
                month_names[static_cast<unsigned>(civil.date.month()) - 1].data(), static_cast<int>(civil.date.year()),
                static_cast<int>(civil.time.hours().count()), static_cast<int>(civil.time.minutes().count()),
                static_cast<int>(civil.time.seconds().count()));
}

std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now) {
  std::optional<HttpDate> date = read_imf_fixdate(text);
  if (!date) date = read_rfc850_date(text, now);
  if (!date) date = read_asctime_date(text);
  return date ? to_timestamp(*date) : std::nullopt;
}

std::string to_utc_day(Timestamp time) {
  const year_month_day date = to_civil(time).date;
  return format("%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
}

}  // namespace lightfast
