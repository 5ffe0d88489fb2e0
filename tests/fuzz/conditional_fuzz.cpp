// A byte of method, then lines, each a byte that picks a field's name and the field's value.
#include <algorithm>
#include <array>

#include "server/http/conditional.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::http;

namespace {

constexpr std::array<std::string_view, 6> kNames = {
    "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"};
constexpr std::array<Method, 4> kMethods = {Method::get, Method::head, Method::put, Method::delete_};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lightfast::fuzz::Input input(data, size);
  const Method method = kMethods[input.take_byte() % kMethods.size()];
  Headers headers;
  while (!input.empty()) {
    const auto name = kNames[input.take_byte() % kNames.size()];
    headers.add(name, input.take_line());
  }
  const Validators validators{"\"abc\"", lightfast::Timestamp(std::chrono::seconds(784'111'777))};

  const auto outcome = evaluate_preconditions(headers, method, validators);
  const bool is_read = method == Method::get || method == Method::head;
  const bool may_fail =
      headers.find("If-Match") || headers.find("If-Unmodified-Since") || (headers.find("If-None-Match") && !is_read);
  const bool may_be_known = headers.find("If-None-Match") || headers.find("If-Modified-Since");
  expect(outcome != Precondition::failed || may_fail, "nothing fails that set no such condition");
  expect(outcome != Precondition::not_modified || (is_read && may_be_known), "a 304 is for a read that asked for it");

  // A condition that no tag can meet decides alone, whatever else was sent.
  Headers impossible = headers;
  impossible.set("If-Match", "\"another\"");
  expect(evaluate_preconditions(impossible, method, validators) == Precondition::failed,
         "an If-Match of another fails");
  Headers known = headers;
  known.remove("If-Match");
  known.remove("If-Unmodified-Since");
  known.set("If-None-Match", "*");
  expect(evaluate_preconditions(known, method, validators) ==
             (is_read ? Precondition::not_modified : Precondition::failed),
         "an If-None-Match of anything finds it");

  expect(headers.find("If-Range") || range_applies(headers, validators), "without If-Range a range applies");
  return 0;
}
