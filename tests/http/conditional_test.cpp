#include "server/http/conditional.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace lightfast::http {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, with some milliseconds that no HTTP date can hold.
constexpr Timestamp kModified{784'111'777'250ms};
constexpr std::string_view kTag = "\"abc\"";
constexpr const char* kExactly = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

using Fields = std::vector<std::pair<const char*, std::string>>;

Headers headers_of(const Fields& fields) {
  Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return headers;
}

std::string text_of(const Fields& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text += std::string(name) + ": " + value + "\n";
  return text;
}

constexpr auto kProceed = Precondition::proceed;
constexpr auto kNotModified = Precondition::not_modified;
constexpr auto kFailed = Precondition::failed;

struct Row {
  Fields fields;
  Precondition read;   // of GET and HEAD
  Precondition write;  // of any other method
};

void check(const std::vector<Row>& rows) {
  const Validators validators{kTag, kModified};
  for (const auto& row : rows) {
    INFO(text_of(row.fields));
    const Headers headers = headers_of(row.fields);
    CHECK(evaluate_preconditions(headers, Method::get, validators) == row.read);
    CHECK(evaluate_preconditions(headers, Method::head, validators) == row.read);
    CHECK(evaluate_preconditions(headers, Method::delete_, validators) == row.write);
    CHECK(evaluate_preconditions(headers, Method::put, validators) == row.write);
  }
}

TEST_CASE("a request without conditions proceeds") {
  check({
      {{}, kProceed, kProceed},
      {{{"Range", "bytes=0-1"}, {"Accept", "*/*"}}, kProceed, kProceed},
      {{{"If-Range", "\"other\""}}, kProceed, kProceed},
  });
}

TEST_CASE("If-None-Match compares weakly, over a list") {
  check({
      {{{"If-None-Match", "\"abc\""}}, kNotModified, kFailed},
      {{{"if-none-match", "\"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "W/\"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "*"}}, kNotModified, kFailed},
      {{{"If-None-Match", "  *  "}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"xyz\", \"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"abc\", \"xyz\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"x\",\"y\",W/\"abc\",\"z\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"x\"  ,\t\"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", ", ,\"abc\","}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"x\""}, {"If-None-Match", "\"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"\", \"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"a,b\", \"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"x\xc3\xa9\", \"abc\""}}, kNotModified, kFailed},
      {{{"If-None-Match", "\"a\\\", \"abc\""}}, kNotModified, kFailed},  // a backslash escapes nothing
      {{{"If-None-Match", "\"abc\", nonsense"}}, kNotModified, kFailed},
  });
}

TEST_CASE("If-None-Match without a match proceeds") {
  check({
      {{{"If-None-Match", "\"xyz\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"ABC\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"abcd\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"ab\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"*\""}}, kProceed, kProceed},
      {{{"If-None-Match", ""}}, kProceed, kProceed},
      {{{"If-None-Match", " \t "}}, kProceed, kProceed},
      {{{"If-None-Match", ","}}, kProceed, kProceed},
      {{{"If-None-Match", "\"x\", \"y\", W/\"z\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"x,\"abc\",y\""}}, kProceed, kProceed},
  });
}

TEST_CASE("what is no entity tag matches nothing") {
  check({
      {{{"If-None-Match", "abc"}}, kProceed, kProceed},
      {{{"If-None-Match", "'abc'"}}, kProceed, kProceed},
      {{{"If-None-Match", "\"abc"}}, kProceed, kProceed},
      {{{"If-None-Match", "abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "w/\"abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "W\"abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "W/ \"abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "W/abc"}}, kProceed, kProceed},
      {{{"If-None-Match", "W/"}}, kProceed, kProceed},
      {{{"If-None-Match", "\"abc\"x"}}, kProceed, kProceed},
      {{{"If-None-Match", "\"abc\" \"x\""}}, kProceed, kProceed},
      {{{"If-None-Match", "\"a b\", \"abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "nonsense, \"abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "*, \"abc\""}}, kProceed, kProceed},
      {{{"If-None-Match", "**"}}, kProceed, kProceed},
      {{{"If-None-Match", "\"a\x7f\", \"abc\""}}, kProceed, kProceed},
  });
}

TEST_CASE("If-Match compares strongly, and fails with anything that does not match") {
  check({
      {{{"If-Match", "\"abc\""}}, kProceed, kProceed},
      {{{"IF-MATCH", "\"abc\""}}, kProceed, kProceed},
      {{{"If-Match", "*"}}, kProceed, kProceed},
      {{{"If-Match", " * "}}, kProceed, kProceed},
      {{{"If-Match", "\"x\", \"abc\""}}, kProceed, kProceed},
      {{{"If-Match", "\"x\",,\"abc\""}}, kProceed, kProceed},
      {{{"If-Match", "\"x\""}, {"If-Match", "\"abc\""}}, kProceed, kProceed},
      {{{"If-Match", "W/\"abc\", \"abc\""}}, kProceed, kProceed},
      {{{"If-Match", "W/\"abc\""}}, kFailed, kFailed},
      {{{"If-Match", "\"xyz\""}}, kFailed, kFailed},
      {{{"If-Match", "\"ABC\""}}, kFailed, kFailed},
      {{{"If-Match", "\"x\", \"y\""}}, kFailed, kFailed},
      {{{"If-Match", ""}}, kFailed, kFailed},
      {{{"If-Match", ","}}, kFailed, kFailed},
      {{{"If-Match", "abc"}}, kFailed, kFailed},
      {{{"If-Match", "\"abc"}}, kFailed, kFailed},
      {{{"If-Match", "nonsense, \"abc\""}}, kFailed, kFailed},
      {{{"If-Match", "\"*\""}}, kFailed, kFailed},
  });
}

TEST_CASE("If-Modified-Since counts in seconds, and for GET and HEAD alone") {
  check({
      {{{"If-Modified-Since", kExactly}}, kNotModified, kProceed},
      {{{"If-Modified-Since", kAfter}}, kNotModified, kProceed},
      {{{"If-Modified-Since", kBefore}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}, kNotModified, kProceed},
      {{{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}, kNotModified, kProceed},
      {{{"If-Modified-Since", "Sun Nov  6 08:49:36 1994"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Fri, 31 Dec 9999 23:59:59 GMT"}}, kNotModified, kProceed},
  });
}

TEST_CASE("an If-Modified-Since that is no date is ignored") {
  check({
      {{{"If-Modified-Since", ""}}, kProceed, kProceed},
      {{{"If-Modified-Since", "yesterday"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "784111777"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "1994-11-06T08:49:37Z"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 UTC"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 +0000"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT; length=5"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sun, 32 Nov 1994 08:49:37 GMT"}}, kProceed, kProceed},
      {{{"If-Modified-Since", "Sun, 06 Nov 1994 24:49:37 GMT"}}, kProceed, kProceed},
      {{{"If-Modified-Since", kExactly}, {"If-Modified-Since", kExactly}}, kProceed, kProceed},
      {{{"If-Modified-Since", kAfter}, {"If-Modified-Since", kBefore}}, kProceed, kProceed},
  });
}

TEST_CASE("If-Unmodified-Since counts in seconds, for every method") {
  check({
      {{{"If-Unmodified-Since", kExactly}}, kProceed, kProceed},
      {{{"If-Unmodified-Since", kAfter}}, kProceed, kProceed},
      {{{"If-Unmodified-Since", kBefore}}, kFailed, kFailed},
      {{{"If-Unmodified-Since", "Sunday, 06-Nov-94 08:49:36 GMT"}}, kFailed, kFailed},
      {{{"If-Unmodified-Since", "Sun Nov  6 08:49:36 1994"}}, kFailed, kFailed},
      {{{"If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"}}, kFailed, kFailed},
      {{{"If-Unmodified-Since", ""}}, kProceed, kProceed},
      {{{"If-Unmodified-Since", "yesterday"}}, kProceed, kProceed},
      {{{"If-Unmodified-Since", "0"}}, kProceed, kProceed},
      {{{"If-Unmodified-Since", kBefore}, {"If-Unmodified-Since", kBefore}}, kProceed, kProceed},
  });
}

TEST_CASE("conditions are taken in the order of RFC 9110 section 13.2.2") {
  check({
      // An If-Match puts If-Unmodified-Since out of force.
      {{{"If-Match", "\"abc\""}, {"If-Unmodified-Since", kBefore}}, kProceed, kProceed},
      {{{"If-Match", "\"xyz\""}, {"If-Unmodified-Since", kAfter}}, kFailed, kFailed},
      // An If-None-Match puts If-Modified-Since out of force.
      {{{"If-None-Match", "\"xyz\""}, {"If-Modified-Since", kAfter}}, kProceed, kProceed},
      {{{"If-None-Match", "\"abc\""}, {"If-Modified-Since", kBefore}}, kNotModified, kFailed},
      {{{"If-None-Match", ""}, {"If-Modified-Since", kAfter}}, kProceed, kProceed},
      {{{"If-None-Match", "nonsense"}, {"If-Modified-Since", kAfter}}, kProceed, kProceed},
      // The first pair comes before the second.
      {{{"If-Match", "\"xyz\""}, {"If-None-Match", "\"abc\""}}, kFailed, kFailed},
      {{{"If-Match", "\"abc\""}, {"If-None-Match", "\"abc\""}}, kNotModified, kFailed},
      {{{"If-Match", "\"abc\""}, {"If-None-Match", "\"xyz\""}}, kProceed, kProceed},
      {{{"If-Match", "*"}, {"If-None-Match", "*"}}, kNotModified, kFailed},
      {{{"If-Match", "\"xyz\""}, {"If-Modified-Since", kExactly}}, kFailed, kFailed},
      {{{"If-Match", "\"abc\""}, {"If-Modified-Since", kExactly}}, kNotModified, kProceed},
      {{{"If-Unmodified-Since", kBefore}, {"If-None-Match", "\"abc\""}}, kFailed, kFailed},
      {{{"If-Unmodified-Since", kAfter}, {"If-None-Match", "\"abc\""}}, kNotModified, kFailed},
      {{{"If-Unmodified-Since", kExactly}, {"If-Modified-Since", kExactly}}, kNotModified, kProceed},
      {{{"If-Unmodified-Since", kBefore}, {"If-Modified-Since", kBefore}}, kFailed, kFailed},
      // The order of the fields means nothing.
      {{{"If-None-Match", "\"abc\""}, {"If-Match", "\"xyz\""}}, kFailed, kFailed},
      {{{"If-Modified-Since", kAfter}, {"If-None-Match", "\"xyz\""}}, kProceed, kProceed},
  });
}

struct IfRangeRow {
  Fields fields;
  bool applies;
};

TEST_CASE("If-Range has a range obeyed only where the validator is strong and exactly equal") {
  const std::vector<IfRangeRow> rows = {
      {{}, true},
      {{{"If-Range", "\"abc\""}}, true},
      {{{"if-range", "\"abc\""}}, true},
      {{{"If-Range", kExactly}}, true},
      {{{"If-Range", "Sunday, 06-Nov-94 08:49:37 GMT"}}, true},
      {{{"If-Range", "Sun Nov  6 08:49:37 1994"}}, true},
      {{{"If-Range", "W/\"abc\""}}, false},
      {{{"If-Range", "\"xyz\""}}, false},
      {{{"If-Range", "\"ABC\""}}, false},
      {{{"If-Range", "\"abc\", \"abc\""}}, false},
      {{{"If-Range", "\"abc\"x"}}, false},
      {{{"If-Range", "\"abc"}}, false},
      {{{"If-Range", "abc"}}, false},
      {{{"If-Range", "*"}}, false},
      {{{"If-Range", ""}}, false},
      {{{"If-Range", kBefore}}, false},
      {{{"If-Range", kAfter}}, false},
      {{{"If-Range", "yesterday"}}, false},
      {{{"If-Range", "\"abc\""}, {"If-Range", "\"abc\""}}, false},
      {{{"If-Range", kExactly}, {"If-Range", kExactly}}, false},
      {{{"If-Match", "\"xyz\""}}, true},
  };
  const Validators validators{kTag, kModified};
  for (const auto& row : rows) {
    INFO(text_of(row.fields));
    CHECK(range_applies(headers_of(row.fields), validators) == row.applies);
  }
}

}  // namespace
}  // namespace lightfast::http
