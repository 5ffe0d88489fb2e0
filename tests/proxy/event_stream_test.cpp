#include "server/proxy/event_stream.h"

#include <catch2/catch.hpp>
#include <vector>

namespace lightfast::proxy {
namespace {

std::vector<std::string> events_of(const std::string& stream, std::size_t step) {
  EventSplitter splitter;
  std::vector<std::string> events;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    splitter.feed(std::string_view(stream).substr(at, step));
    while (auto event = splitter.next()) events.push_back(*event);
  }
  events.push_back(splitter.rest());
  return events;
}

TEST_CASE("events are told apart however the stream is cut and whatever ends its lines") {
  for (const std::string& line : {std::string("\n"), std::string("\r\n"), std::string("\r")}) {
    const std::string first = "event: output" + line + "data: a" + line + "data: b" + line + line;
    const std::string second = ": ping" + line + line;
    const std::string rest = "data: never ended" + line;
    for (const std::size_t step : {1u, 2u, 3u, 7u, 1000u}) {
      INFO(step << " " << line.size());
      CHECK(events_of(first + second + rest, step) == std::vector<std::string>{first, second, rest});
    }
  }
}

TEST_CASE("an event tells its type and its data") {
  CHECK(event_type("event: done\ndata: {}\n\n") == "done");
  CHECK(event_type("data: x\n\n") == "message");
  CHECK(event_data("event: output\r\ndata: a\r\ndata:b\r\ndata\r\nid: 1\r\n\r\n") == "a\nb\n");
  CHECK(event_data("database: no\n\n").empty());
}

TEST_CASE("other data takes the place of an event's and leaves the rest as it stands") {
  CHECK(with_data("event: x\r\nid: 1\r\ndata: a\r\ndata: b\r\nretry: 3\r\n\r\n", "new") ==
        "event: x\r\nid: 1\r\ndata: new\r\nretry: 3\r\n\r\n");
  CHECK(with_data(": ping\n\n", "new") == ": ping\n\n");
}

TEST_CASE("very many events in one piece are each told once") {
  std::string stream;
  for (int i = 0; i < 100'000; ++i) stream += "data: x\n\n";
  const auto events = events_of(stream, stream.size());
  REQUIRE(events.size() == 100'001);
  CHECK(events[50'000] == "data: x\n\n");
  CHECK(events.back().empty());
}

TEST_CASE("a line of megabytes is one event") {
  const std::string event = "event: image_generation.completed\ndata: " + std::string(5 << 20, 'A') + "\n\n";
  CHECK(events_of(event, 64 * 1024) == std::vector<std::string>{event, ""});
}

}  // namespace
}  // namespace lightfast::proxy
