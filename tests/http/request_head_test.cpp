#include "server/http/request_head.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/catch_result.h"
#include "tests/support/malformed_heads.h"

using namespace lightfast;
using http::check_head;
using http::find_head_end;
using http::HeadLimits;
using test::head_with;
using test::head_with_line;

namespace {

std::string head_with_fields(int count) {
  std::string lines;
  for (int i = 0; i < count - 1; ++i) lines += "X-" + std::to_string(i) + ": v\r\n";
  return head_with(lines);  // and its Host
}

}  // namespace

TEST_CASE("a head that disputes where its message ends is refused") {
  for (const auto& refused : test::smuggling_heads()) {
    INFO(refused.name);
    const auto framing = check_head(refused.head, HeadLimits());
    REQUIRE_FALSE(framing);
    CHECK(framing.error().code == refused.code);
  }
}

TEST_CASE("a malformed or oversized head is refused") {
  for (const auto& refused : test::malformed_heads()) {
    INFO(refused.name);
    const auto framing = check_head(refused.head, HeadLimits());
    REQUIRE_FALSE(framing);
    CHECK(framing.error().code == refused.code);
    CHECK_FALSE(framing.error().detail.empty());
  }
}

TEST_CASE("a hundred fields are taken, one more is not") {
  CHECK(check_head(head_with_fields(100), HeadLimits()));
  const auto framing = check_head(head_with_fields(101), HeadLimits());
  REQUIRE_FALSE(framing);
  CHECK(framing.error().code == Errc::headers_too_large);
}

TEST_CASE("a target of exactly the limit is taken") {
  CHECK(check_head(head_with_line("GET /" + std::string(8 * 1024 - 1, 'a') + " HTTP/1.1"), HeadLimits()));
}

TEST_CASE("a plain GET has no body and keeps its connection") {
  const auto framing = check_head(head_with_line("GET /a?b=c HTTP/1.1"), HeadLimits());
  REQUIRE(framing);
  CHECK_FALSE(framing->is_http_1_0);
  CHECK_FALSE(framing->chunked);
  CHECK_FALSE(framing->content_length);
  CHECK_FALSE(framing->expects_continue);
  CHECK(framing->keep_alive);
}

TEST_CASE("a length and an expectation are read, white space around values dropped") {
  const auto framing = check_head(head_with("content-length: \t12 \r\nEXPECT: 100-Continue\r\n"), HeadLimits());
  REQUIRE(framing);
  CHECK(framing->content_length == 12U);
  CHECK(framing->expects_continue);
}

TEST_CASE("the name of the chunked coding has no case") {
  for (const auto* value : {"chunked", "Chunked", "CHUNKED"}) {
    const auto framing = check_head(head_with(std::string("Transfer-Encoding: ") + value + "\r\n"), HeadLimits());
    REQUIRE(framing);
    CHECK(framing->chunked);
  }
}

TEST_CASE("what looks odd but disputes nothing is taken") {
  for (const auto* lines : {"X: \xc3\xbc\r\n", "X:\r\n", "X:y\r\n", "X: a:b\r\n", "X: X Transfer-Encoding: chunked\r\n",
                            "TE: trailers\r\n", "Upgrade: h2c\r\nConnection: Upgrade\r\n", "X_Y: z\r\n"}) {
    INFO(lines);
    CHECK(check_head(head_with(lines), HeadLimits()));
  }
  CHECK(check_head("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", HeadLimits()));
  CHECK(check_head(head_with_line("GET /\xc3\xbc HTTP/1.1"), HeadLimits()));
  CHECK(check_head(head_with_line("M-SEARCH * HTTP/1.1"), HeadLimits()));
}

TEST_CASE("HTTP/1.0 needs no Host, keeps a connection only when asked and ignores expectations") {
  const auto plain = check_head("GET / HTTP/1.0\r\n\r\n", HeadLimits());
  REQUIRE(plain);
  CHECK(plain->is_http_1_0);
  CHECK_FALSE(plain->keep_alive);
  const auto kept = check_head("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nExpect: x\r\n\r\n", HeadLimits());
  REQUIRE(kept);
  CHECK(kept->keep_alive);
  CHECK_FALSE(kept->expects_continue);
}

TEST_CASE("Connection: close wins, wherever it stands") {
  for (const auto* lines : {"Connection: close\r\n", "Connection: keep-alive, Close\r\n",
                            "Connection: keep-alive\r\nConnection: close\r\n"}) {
    INFO(lines);
    const auto framing = check_head(head_with(lines), HeadLimits());
    REQUIRE(framing);
    CHECK_FALSE(framing->keep_alive);
  }
}

TEST_CASE("the end of a head is found as soon as it has come") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t length = 0; length < head.size(); ++length) CHECK_FALSE(find_head_end(head.substr(0, length)));
  CHECK(find_head_end(head) == head.size());
  CHECK(find_head_end(head + "more") == head.size());
}

TEST_CASE("bytes that can become no head are judged without waiting for more") {
  for (const std::string bytes :
       {"GET / HTTP/1.1\nHost", "\x16\x03\x01", "\n", " GET", "GET / HTTP/1.1\r\nHost: a\n"}) {
    INFO(bytes);
    const auto end = find_head_end(bytes);
    REQUIRE(end);
    CHECK_FALSE(check_head(bytes.substr(0, *end), HeadLimits()));
  }
}

TEST_CASE("bytes that fill the limit are refused for what fills it") {
  const HeadLimits limits;
  CHECK(http::oversized_head("GET /" + std::string(16 * 1024, 'a'), limits).code == Errc::uri_too_long);
  CHECK(http::oversized_head("GET / HTTP/1.1\r\nX: " + std::string(16 * 1024, 'a'), limits).code ==
        Errc::headers_too_large);
  CHECK(http::oversized_head(std::string(16 * 1024, 'a'), limits).code == Errc::headers_too_large);
}
