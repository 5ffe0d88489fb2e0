#include "server/http/response_head.h"

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.h"

using namespace lightfast;
using Catch::Contains;
using http::make_head;
using http::Response;

TEST_CASE("a head has what the handler said, and what only the session knows") {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body.emplace_back("12345");
  CHECK(make_head(response, {.date = "D", .request_id = "r1"}) ==
        "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nX-Request-Id: r1\r\n\r\n");
}

TEST_CASE("a handler has no say in framing, connection, date and request id") {
  Response response;
  for (const auto* name : {"content-length", "DATE", "Connection", "Transfer-Encoding", "X-Request-ID"}) {
    response.headers.add(name, "mine");
  }
  CHECK_THAT(make_head(response, {.date = "D"}), !Contains("mine"));
}

TEST_CASE("a value cannot begin a line of its own") {
  Response response;
  response.headers.add("X", std::string("a\r\nSet-Cookie: b\0c", 18));
  const auto head = make_head(response, {.date = "D"});
  CHECK_THAT(head, Contains("\r\nX: a  Set-Cookie: b c\r\n"));
}

TEST_CASE("1xx, 204 and 304 have no Content-Length") {
  for (const int status : {100, 204, 304}) {
    INFO(status);
    Response response;
    response.status = status;
    response.body.emplace_back("never sent");
    CHECK_FALSE(http::allows_body(status));
    CHECK_THAT(make_head(response, {.date = "D"}), !Contains("Content-Length"));
  }
  CHECK(http::allows_body(200));
  CHECK(http::allows_body(404));
}

TEST_CASE("a body of unknown length is chunked and to HTTP 1.0 ends with the connection") {
  class Endless final : public http::BodyStream {
    Task<Result<std::string>> next() override { co_return std::string("more"); }
  };
  Response response;
  response.stream = std::make_shared<Endless>();
  const auto chunked = make_head(response, {.date = "D"});
  CHECK_THAT(chunked, Contains("\r\nTransfer-Encoding: chunked\r\n") && !Contains("Content-Length"));
  const auto to_the_end = make_head(response, {.date = "D", .is_http_1_0 = true, .keep_alive = false});
  CHECK_THAT(to_the_end, !Contains("chunked") && !Contains("Content-Length") && Contains("Connection: close"));
  response.status = 304;
  CHECK_THAT(make_head(response, {.date = "D"}), !Contains("chunked") && !Contains("Content-Length"));
}

TEST_CASE("whether the connection stays is said where the version does not say it") {
  const Response response;
  const auto close = "\r\nConnection: close\r\n";
  const auto keep = "\r\nConnection: keep-alive\r\n";
  CHECK_THAT(make_head(response, {.is_http_1_0 = false, .keep_alive = true}), !Contains("Connection"));
  CHECK_THAT(make_head(response, {.is_http_1_0 = false, .keep_alive = false}), Contains(close));
  CHECK_THAT(make_head(response, {.is_http_1_0 = true, .keep_alive = true}), Contains(keep));
  CHECK_THAT(make_head(response, {.is_http_1_0 = true, .keep_alive = false}), Contains(close));
}

TEST_CASE("the date follows the clock, forwards and back") {
  test::ManualClock clock;
  http::DateText date(clock);
  CHECK(date.now() == "Sat, 28 Nov 2026 10:00:00 GMT");
  clock.advance(std::chrono::milliseconds(999));
  CHECK(date.now() == "Sat, 28 Nov 2026 10:00:00 GMT");
  clock.advance(std::chrono::milliseconds(1));
  CHECK(date.now() == "Sat, 28 Nov 2026 10:00:01 GMT");
  clock.set(*parse_iso8601("2026-11-28T09:00:00Z"));
  CHECK(date.now() == "Sat, 28 Nov 2026 09:00:00 GMT");
}
