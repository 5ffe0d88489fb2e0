#include "server/http/range.h"

#include <catch2/catch.hpp>
#include <string>

namespace lightfast::http {
namespace {

// What is chosen, as text: "whole", "416", or the ranges as "0-4,10-14".
std::string chosen(std::string_view header, std::uint64_t size) {
  const RangeChoice choice = choose_ranges(header, size);
  if (choice.kind == RangeChoice::Kind::whole) return choice.ranges.empty() ? "whole" : "whole, but with ranges";
  if (choice.kind == RangeChoice::Kind::unsatisfiable) return choice.ranges.empty() ? "416" : "416, but with ranges";
  std::string text;
  for (const auto& range : choice.ranges) {
    text += (text.empty() ? "" : ",") + std::to_string(range.first) + "-" + std::to_string(range.last);
  }
  return text.empty() ? "partial, but without ranges" : text;
}

struct Row {
  const char* header;
  std::uint64_t size;
  const char* expected;
};

template <std::size_t count>
void check(const Row (&rows)[count]) {
  for (const auto& row : rows) {
    INFO("Range: " << row.header << " of " << row.size);
    CHECK(chosen(row.header, row.size) == row.expected);
  }
}

constexpr std::uint64_t kLargest = 18'446'744'073'709'551'615u;

TEST_CASE("one range is cut to the body") {
  check({
      {"bytes=0-0", 1000, "0-0"},
      {"bytes=0-499", 1000, "0-499"},
      {"bytes=500-999", 1000, "500-999"},
      {"bytes=0-999", 1000, "0-999"},
      {"bytes=0-1000", 1000, "0-999"},
      {"bytes=0-", 1000, "0-999"},
      {"bytes=1-", 1000, "1-999"},
      {"bytes=999-", 1000, "999-999"},
      {"bytes=999-999", 1000, "999-999"},
      {"bytes=999-5000", 1000, "999-999"},
      {"bytes=998-998", 1000, "998-998"},
      {"bytes=0-0", 1, "0-0"},
      {"bytes=0-", 1, "0-0"},
      {"bytes=0-7", 1, "0-0"},
      {"bytes=00000-00004", 1000, "0-4"},
      {"bytes=0000000000000000000000000000000001-2", 1000, "1-2"},
  });
}

TEST_CASE("a suffix is counted from the end") {
  check({
      {"bytes=-1", 1000, "999-999"},
      {"bytes=-500", 1000, "500-999"},
      {"bytes=-999", 1000, "1-999"},
      {"bytes=-1000", 1000, "0-999"},
      {"bytes=-1001", 1000, "0-999"},
      {"bytes=-99999", 1000, "0-999"},
      {"bytes=-1", 1, "0-0"},
      {"bytes=-0005", 1000, "995-999"},
      {"bytes=-18446744073709551615", 1000, "0-999"},
      {"bytes=-18446744073709551616", 1000, "0-999"},
      {"bytes=-99999999999999999999999999999999", 1000, "0-999"},
  });
}

TEST_CASE("a range with nothing in the body is not satisfiable") {
  check({
      {"bytes=1000-", 1000, "416"},
      {"bytes=1000-1000", 1000, "416"},
      {"bytes=1000-2000", 1000, "416"},
      {"bytes=1001-", 1000, "416"},
      {"bytes=1-", 1, "416"},
      {"bytes=1-1", 1, "416"},
      {"bytes=-0", 1000, "416"},
      {"bytes=-000", 1000, "416"},
      {"bytes=-0,1000-", 1000, "416"},
      {"bytes=1000-1001,2000-,-0", 1000, "416"},
      {"bytes=2000-2001,1000-1001", 1000, "416"},
      {"bytes=1000-1001,1000-1001", 1000, "416"},
  });
}

TEST_CASE("numbers of any length neither overflow nor wrap around") {
  check({
      {"bytes=18446744073709551615-", 1000, "416"},
      {"bytes=18446744073709551616-", 1000, "416"},
      {"bytes=18446744073709551617-18446744073709551618", 1000, "416"},
      {"bytes=0-18446744073709551615", 1000, "0-999"},
      {"bytes=0-18446744073709551616", 1000, "0-999"},
      {"bytes=5-99999999999999999999999999999999999999", 1000, "5-999"},
      {"bytes=99999999999999999999999999999999999999-", 1000, "416"},
      {"bytes=99999999999999999999999999999998-99999999999999999999999999999999", 1000, "416"},
      {"bytes=99999999999999999999999999999999-99999999999999999999999999999998", 1000, "whole"},
      {"bytes=18446744073709551616-18446744073709551615", 1000, "whole"},
      {"bytes=18446744073709551616-1", 1000, "whole"},
      {"bytes=4294967296-4294967297", 1000, "416"},
      {"bytes=4294967296-4294967297", 5'000'000'000, "4294967296-4294967297"},
      {"bytes=9223372036854775807-", 9'223'372'036'854'775'809u, "9223372036854775807-9223372036854775808"},
      {"bytes=18446744073709551613-", kLargest, "18446744073709551613-18446744073709551614"},
      {"bytes=18446744073709551614-18446744073709551616", kLargest, "18446744073709551614-18446744073709551614"},
      {"bytes=18446744073709551615-", kLargest, "416"},
      {"bytes=18446744073709551616-", kLargest, "416"},
      {"bytes=-18446744073709551616", kLargest, "0-18446744073709551614"},
      {"bytes=0-", kLargest, "0-18446744073709551614"},
  });
}

TEST_CASE("the unit compares without case and any other unit means the whole") {
  check({
      {"BYTES=0-4", 1000, "0-4"},
      {"Bytes=0-4", 1000, "0-4"},
      {"bYtEs=0-4", 1000, "0-4"},
      {"byte=0-4", 1000, "whole"},
      {"bytess=0-4", 1000, "whole"},
      {"bits=0-4", 1000, "whole"},
      {"items=0-4", 1000, "whole"},
      {"seconds=0-4", 1000, "whole"},
      {"none", 1000, "whole"},
      {"=0-4", 1000, "whole"},
      {"0-4", 1000, "whole"},
      {"items=9999-", 1000, "whole"},
  });
}

TEST_CASE("what is no range set means the whole") {
  check({
      {"", 1000, "whole"},
      {" ", 1000, "whole"},
      {"bytes", 1000, "whole"},
      {"bytes=", 1000, "whole"},
      {"bytes= ", 1000, "whole"},
      {"bytes=,", 1000, "whole"},
      {"bytes=, ,,", 1000, "whole"},
      {"bytes=-", 1000, "whole"},
      {"bytes=--", 1000, "whole"},
      {"bytes=--5", 1000, "whole"},
      {"bytes=-5-", 1000, "whole"},
      {"bytes=5", 1000, "whole"},
      {"bytes=5-4", 1000, "whole"},
      {"bytes=005-4", 1000, "whole"},
      {"bytes=999-998", 1000, "whole"},
      {"bytes=5000-4000", 1000, "whole"},
      {"bytes=1-2-3", 1000, "whole"},
      {"bytes=a-b", 1000, "whole"},
      {"bytes=0-b", 1000, "whole"},
      {"bytes=a-5", 1000, "whole"},
      {"bytes=-a", 1000, "whole"},
      {"bytes=0x0-0x4", 1000, "whole"},
      {"bytes=+0-4", 1000, "whole"},
      {"bytes=0-+4", 1000, "whole"},
      {"bytes=-+4", 1000, "whole"},
      {"bytes=0.0-4", 1000, "whole"},
      {"bytes=1e1-20", 1000, "whole"},
      {"bytes=0_0-4", 1000, "whole"},
      {"bytes:0-4", 1000, "whole"},
      {"bytes==0-4", 1000, "whole"},
      {"bytes=0-4;", 1000, "whole"},
      {"bytes=0-4;10-14", 1000, "whole"},
      {"bytes=0-4/1000", 1000, "whole"},
      {"bytes 0-4/1000", 1000, "whole"},
      {"bytes=0-4 10-14", 1000, "whole"},
      {"bytes=\"0-4\"", 1000, "whole"},
      {"bytes=*", 1000, "whole"},
      {"bytes=0-*", 1000, "whole"},
      {"bytes=\xd9\xa0-\xd9\xa4", 1000, "whole"},
      {"bytes=0-4,x", 1000, "whole"},
      {"bytes=x,0-4", 1000, "whole"},
      {"bytes=0-4,10-9", 1000, "whole"},
      {"bytes=2000-,x", 1000, "whole"},
      {"bytes=0-4,bytes=10-14", 1000, "whole"},
      {"bytes=0-4, bytes=10-14", 1000, "whole"},
  });
}

TEST_CASE("white space stands around list elements and nowhere within them") {
  check({
      {" bytes=0-4", 1000, "0-4"},
      {"bytes=0-4 ", 1000, "0-4"},
      {"\tbytes=0-4\t", 1000, "0-4"},
      {"bytes= 0-4", 1000, "0-4"},
      {"bytes=0-4 , 10-14", 1000, "0-4,10-14"},
      {"bytes=0-4,\t10-14", 1000, "0-4,10-14"},
      {"bytes=0-4,  10-14  ,20-24", 1000, "0-4,10-14,20-24"},
      {"bytes =0-4", 1000, "whole"},
      {"b ytes=0-4", 1000, "whole"},
      {"bytes=0 -4", 1000, "whole"},
      {"bytes=0- 4", 1000, "whole"},
      {"bytes=0 - 4", 1000, "whole"},
      {"bytes=- 4", 1000, "whole"},
      {"bytes=1 0-14", 1000, "whole"},
      {"bytes=0-4\n", 1000, "whole"},
      {"bytes=0-4\v", 1000, "whole"},
  });
}

TEST_CASE("several ranges come in the order asked for, without those that are not satisfiable") {
  check({
      {"bytes=0-4,10-14", 1000, "0-4,10-14"},
      {"bytes=10-14,0-4", 1000, "10-14,0-4"},
      {"bytes=0-4,5-9", 1000, "0-4,5-9"},
      {"bytes=5-9,0-4", 1000, "5-9,0-4"},
      {"bytes=0-0,-1", 1000, "0-0,999-999"},
      {"bytes=-1,0-0", 1000, "999-999,0-0"},
      {"bytes=0-499,500-", 1000, "0-499,500-999"},
      {"bytes=0-499,-500", 1000, "0-499,500-999"},
      {"bytes=0-4,1000-", 1000, "0-4"},
      {"bytes=1000-,0-4", 1000, "0-4"},
      {"bytes=-0,0-4", 1000, "0-4"},
      {"bytes=0-4,-0,10-14", 1000, "0-4,10-14"},
      {"bytes=0-4,2000-3000,10-14,1000-", 1000, "0-4,10-14"},
      {"bytes=0-4,99999999999999999999-", 1000, "0-4"},
      {"bytes=0-4,,10-14", 1000, "0-4,10-14"},
      {"bytes=,0-4", 1000, "0-4"},
      {"bytes=0-4,", 1000, "0-4"},
      {"bytes=,,0-4,,,10-14,,", 1000, "0-4,10-14"},
      {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14", 1000, "0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14"},
      {"bytes=0-0,1-1", 2, "0-0,1-1"},
  });
}

TEST_CASE("overlapping ranges mean the whole") {
  check({
      {"bytes=0-4,4-8", 1000, "whole"},
      {"bytes=4-8,0-4", 1000, "whole"},
      {"bytes=0-4,0-4", 1000, "whole"},
      {"bytes=0-0,0-0", 1000, "whole"},
      {"bytes=0-,0-", 1000, "whole"},
      {"bytes=0-,-1", 1000, "whole"},
      {"bytes=-1,-2", 1000, "whole"},
      {"bytes=0-499,499-", 1000, "whole"},
      {"bytes=0-499,-501", 1000, "whole"},
      {"bytes=0-999,500-600", 1000, "whole"},
      {"bytes=500-600,0-999", 1000, "whole"},
      {"bytes=0-4,10-14,3-3", 1000, "whole"},
      {"bytes=20-24,0-4,22-30,10-14", 1000, "whole"},
      {"bytes=990-5000,995-6000", 1000, "whole"},
      {"bytes=-2000,0-0", 1000, "whole"},
  });
}

TEST_CASE("more than eight ranges mean the whole") {
  check({
      {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", 1000, "whole"},
      {"bytes=0-0,2000-,2000-,2000-,2000-,2000-,2000-,2000-,2000-", 1000, "whole"},
      {"bytes=2000-,2000-,2000-,2000-,2000-,2000-,2000-,2000-,2000-", 1000, "whole"},
      {"bytes=2000-,2000-,2000-,2000-,2000-,2000-,2000-,2000-", 1000, "416"},
  });
  std::string flood = "bytes=0-";
  for (int i = 0; i < 1000; ++i) flood += ",0-";
  CHECK(chosen(flood, 1000) == "whole");
}

TEST_CASE("an empty body is always sent whole") {
  check({
      {"bytes=0-", 0, "whole"},
      {"bytes=0-0", 0, "whole"},
      {"bytes=1-", 0, "whole"},
      {"bytes=-1", 0, "whole"},
      {"bytes=-0", 0, "whole"},
      {"bytes=0-0,5-6", 0, "whole"},
      {"nonsense", 0, "whole"},
  });
}

TEST_CASE("a NUL within a range makes it no range") {
  CHECK(chosen(std::string_view("bytes=0-4\0", 10), 1000) == "whole");
  CHECK(chosen(std::string_view("bytes=0\0-4", 10), 1000) == "whole");
}

}  // namespace
}  // namespace lightfast::http
