// A date as text, in the forms of HTTP and of the API.
#include "base/clock.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // A leap second can carry the very last date out of its four digits.
  constexpr lightfast::Timestamp year_10000 = std::chrono::sys_days(std::chrono::year(10'000) / 1 / 1);
  if (const auto time = lightfast::parse_http_date(text); time && *time < year_10000) {
    const auto again = lightfast::parse_http_date(lightfast::to_http_date(*time));
    expect(again && *again == *time, "an HTTP date that was read can be written and read again");
  }
  if (const auto time = lightfast::parse_iso8601(text)) {
    expect(lightfast::to_iso8601(*time) == text, "there is one way to write a time of the API");
  }
  return 0;
}
