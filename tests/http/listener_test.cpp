#include "server/http/listener.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"
#include "tests/support/raw_http_client.h"

using namespace lightfast;
using Catch::Contains;
using http::open_listeners;

TEST_CASE("all sockets share the port that the first one got") {
  const auto listening = open_listeners({.host = "127.0.0.1", .count = 3});
  REQUIRE(listening);
  CHECK(listening->port != 0);
  CHECK(listening->sockets.size() == 3);
}

TEST_CASE("the unspecified IPv6 address takes IPv4 connections too, with or without IPv6") {
  const auto listening = open_listeners({.host = "::"});
  REQUIRE(listening);
  CHECK_NOTHROW(test::RawHttpClient(listening->port));
}

TEST_CASE("what cannot be listened on is named") {
  const auto name = open_listeners({.host = "example.org"});
  REQUIRE_FALSE(name);
  CHECK_THAT(name.error().detail, Contains("\"example.org\"") && Contains("IP address"));
  const auto foreign = open_listeners({.host = "192.0.2.1"});
  REQUIRE_FALSE(foreign);
  CHECK_THAT(foreign.error().detail, Contains("192.0.2.1"));
  const auto congestion = open_listeners({.host = "127.0.0.1", .tcp_congestion = "telepathy"});
  REQUIRE_FALSE(congestion);
  CHECK_THAT(congestion.error().detail, Contains("telepathy"));
}

TEST_CASE("a port is not shared with another server, even of the same user") {
  const auto first = open_listeners({.host = "127.0.0.1", .count = 2});
  REQUIRE(first);
  const auto second = open_listeners({.host = "127.0.0.1", .port = first->port});
  REQUIRE_FALSE(second);
  CHECK_THAT(second.error().detail, Contains(std::to_string(first->port)));
}
