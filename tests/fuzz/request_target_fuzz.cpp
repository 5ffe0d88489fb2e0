// A request target.
#include "base/encoding.h"
#include "server/http/request_target.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lightfast::fuzz::Input input(data, size);
  Request request;
  request.method = input.take_byte() % 2 == 0 ? Method::get : Method::options;
  request.target = input.rest();
  if (request.target.find('\0') != std::string::npos) return 0;  // check_head() lets none through
  const auto parsed = parse_target(request);
  if (!parsed) return 0;

  std::size_t decoded = 0;
  for (const auto& segment : request.segments) {
    expect(segment.find('\0') == std::string::npos, "a segment holds no NUL");
    decoded += segment.size();
  }
  for (const auto& [name, value] : request.query.all()) decoded += name.size() + value.size();
  expect(decoded <= request.target.size(), "decoding makes nothing longer");

  // What was decoded once, encoded again, is another way to write the same path.
  if (request.segments.empty()) return 0;
  Request again;
  again.method = Method::get;
  for (const auto& segment : request.segments) again.target += "/" + lightfast::percent_encode(segment);
  expect(parse_target(again).has_value() && again.segments == request.segments, "a path can be written and read again");
  return 0;
}
