// A byte for the size of the pieces, then an event stream.
#include <string>
#include <vector>

#include "server/proxy/event_stream.h"
#include "tests/fuzz/fuzz_input.h"

using lightfast::fuzz::expect;
using namespace lightfast::proxy;

namespace {

std::vector<std::string> events_of(std::string_view stream, std::size_t piece) {
  EventSplitter splitter;
  std::vector<std::string> events;
  while (!stream.empty()) {
    splitter.feed(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (auto event = splitter.next()) events.push_back(*event);
  }
  events.push_back(splitter.rest());
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0];
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto events = events_of(stream, piece);
  std::string together;
  for (const auto& event : events) {
    together += event;
    const std::string changed = with_data(event, "new");
    expect(event_type(changed) == event_type(event), "other data leaves the type");
    expect(event_data(changed).empty() || event_data(changed) == "new", "an event has the data that it was given");
  }
  expect(together == stream, "the events put together are the stream");
  return 0;
}
