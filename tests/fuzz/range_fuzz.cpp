// Eight bytes of size, then a Range header.
#include <string>

#include "server/http/range.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t data_size) {
  lightfast::fuzz::Input input(data, data_size);
  const std::uint64_t size = input.take_number();
  const RangeChoice choice = choose_ranges(input.rest(), size);

  expect((choice.kind == RangeChoice::Kind::partial) == !choice.ranges.empty(), "ranges come with partial alone");
  expect(choice.ranges.size() <= 8, "at most eight ranges");
  std::uint64_t left = size;
  std::string again = "bytes=";
  for (const auto& range : choice.ranges) {
    expect(range.first <= range.last && range.last < size, "a range lies within the body");
    expect(range.length() <= left, "all ranges together are no longer than the body");
    left -= range.length();
    for (const auto& other : choice.ranges) {
      expect(&other == &range || other.last < range.first || range.last < other.first, "ranges don't overlap");
    }
    again += std::to_string(range.first) + "-" + std::to_string(range.last) + ",";
  }
  if (choice.ranges.empty()) return 0;

  const RangeChoice second = choose_ranges(again, size);
  expect(second.ranges.size() == choice.ranges.size(), "what was chosen would be chosen again");
  for (std::size_t i = 0; i < second.ranges.size(); ++i) {
    expect(second.ranges[i].first == choice.ranges[i].first && second.ranges[i].last == choice.ranges[i].last,
           "what was chosen would be chosen again, in the same order");
  }
  return 0;
}
