#include "server/http/request_head.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/catch_result.h"

using namespace lightfast;
using http::check_head;
using http::find_head_end;
using http::HeadLimits;

namespace {

struct Refused {
  std::string name;
  std::string head;
  Errc code = Errc::invalid_request;
};

// A head of HTTP/1.1 with a good request line, a Host and these lines.
std::string with(std::string_view lines) {
  return "POST /echo HTTP/1.1\r\nHost: example.org\r\n" + std::string(lines) + "\r\n";
}

std::string with_line(std::string_view request_line) {
  return std::string(request_line) + "\r\nHost: example.org\r\n\r\n";
}

// Disputes over where the message ends: request smuggling.
std::vector<Refused> smuggling_cases() {
  const std::string length = "Content-Length: 5\r\n";
  return {
      {"chunked beside a length", with(length + "Transfer-Encoding: chunked\r\n")},
      {"a length beside chunked", with("Transfer-Encoding: chunked\r\n" + length)},
      {"gzip beside a length", with(length + "Transfer-Encoding: gzip\r\n")},
      {"identity beside a length", with(length + "Transfer-Encoding: identity\r\n")},
      {"xchunked beside a length", with(length + "Transfer-Encoding: xchunked\r\n")},
      {"gzip alone", with("Transfer-Encoding: gzip\r\n")},
      {"identity alone", with("Transfer-Encoding: identity\r\n")},
      {"chunked before gzip", with("Transfer-Encoding: chunked, gzip\r\n")},
      {"gzip before chunked", with("Transfer-Encoding: gzip, chunked\r\n")},
      {"chunked twice in one field", with("Transfer-Encoding: chunked, chunked\r\n")},
      {"chunked in two fields", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"chunked and identity in two fields", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")},
      {"chunked with a parameter", with("Transfer-Encoding: chunked;q=1\r\n")},
      {"chunked in quotes", with("Transfer-Encoding: \"chunked\"\r\n")},
      {"chunked behind a comma", with("Transfer-Encoding: ,chunked\r\n")},
      {"chunked before a comma", with("Transfer-Encoding: chunked,\r\n")},
      {"an empty transfer encoding", with("Transfer-Encoding:\r\n")},
      {"chunked behind a vertical tab", with("Transfer-Encoding: \vchunked\r\n")},
      {"chunked behind a form feed", with("Transfer-Encoding: \fchunked\r\n")},
      {"chunked before a byte above ASCII", with("Transfer-Encoding: chunked\xa0\r\n")},
      {"chunked before a NUL", with(std::string("Transfer-Encoding: chunked\0\r\n", 29))},
      {"chunked on a folded line", with("Transfer-Encoding:\r\n chunked\r\n")},
      {"chunked on a line folded with a tab", with("Transfer-Encoding:\r\n\tchunked\r\n")},
      {"a transfer encoding folded onto another field", with("X: y\r\n Transfer-Encoding: chunked\r\n")},
      {"a space before the colon of a transfer encoding", with("Transfer-Encoding : chunked\r\n")},
      {"a tab before the colon of a transfer encoding", with("Transfer-Encoding\t: chunked\r\n")},
      {"a transfer encoding behind a bare CR", with("X: y\rTransfer-Encoding: chunked\r\n")},
      {"a transfer encoding behind a bare LF", with("X: y\nTransfer-Encoding: chunked\r\n")},
      {"a transfer encoding with an underscore", with("Transfer_Encoding: chunked\r\n")},
      {"a transfer encoding with a dot", with("Transfer.Encoding: chunked\r\n")},
      {"a control byte in the name of a transfer encoding", with("Transfer-Encoding\x01: chunked\r\n")},
      {"a byte above ASCII in a name", with("Transfer-Encoding\xff: chunked\r\n")},
      {"a length twice, the same", with(length + length)},
      {"a length twice, differing", with(length + "Content-Length: 6\r\n")},
      {"two lengths in one field", with("Content-Length: 5, 5\r\n")},
      {"a length with a plus", with("Content-Length: +5\r\n")},
      {"a length with a minus", with("Content-Length: -5\r\n")},
      {"a length in hexadecimal", with("Content-Length: 0x5\r\n")},
      {"a length with a fraction", with("Content-Length: 5.0\r\n")},
      {"a length with letters behind it", with("Content-Length: 5abc\r\n")},
      {"a length with a space in it", with("Content-Length: 5 5\r\n")},
      {"an empty length", with("Content-Length:\r\n")},
      {"a length that is a word", with("Content-Length: five\r\n")},
      {"a length beyond 64 bits", with("Content-Length: 18446744073709551621\r\n")},
      {"a length of many zeros", with("Content-Length: 0000000000000000000000005\r\n")},
      {"a length with an underscore", with("Content_Length: 5\r\n")},
      {"a space before the colon of a length", with("Content-Length : 5\r\n")},
      {"a length on a folded line", with("Content-Length:\r\n 5\r\n")},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"chunked beside a length in HTTP/1.0",
       "POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
  };
}

std::vector<Refused> malformed_cases() {
  return {
      {"no Host in HTTP/1.1", "GET / HTTP/1.1\r\n\r\n"},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {"a Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {"two Hosts joined", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
      {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"a Host before which a space stands", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"a line without a colon", with("nonsense\r\n")},
      {"an empty name", with(": value\r\n")},
      {"a name with a space", with("X Y: z\r\n")},
      {"a name with a parenthesis", with("X(Y): z\r\n")},
      {"a NUL in a value", with(std::string("X: a\0b\r\n", 8))},
      {"a DEL in a value", with("X: a\x7f\r\n")},
      {"an escape byte in a value", with("X: a\x1b[0m\r\n")},
      {"a bare CR in a value", with("X: a\rb\r\n")},
      {"a bare CR before the blank line", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"},
      {"lines that end in LF only", "GET / HTTP/1.1\nHost: a\n\n"},
      {"one line that ends in LF only", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"a folded line", with("X: a\r\n b\r\n")},
      {"a folded first line", "GET / HTTP/1.1\r\n folded\r\nHost: a\r\n\r\n"},
      {"no version (HTTP/0.9)", with_line("GET /")},
      {"an empty request line", with_line("")},
      {"a method alone", with_line("GET")},
      {"no target", with_line("GET  HTTP/1.1")},
      {"two spaces before the target", with_line("GET  / HTTP/1.1")},
      {"two spaces before the version", with_line("GET /  HTTP/1.1")},
      {"a space behind the version", with_line("GET / HTTP/1.1 ")},
      {"a space before the method", with_line(" GET / HTTP/1.1")},
      {"a tab for a space", with_line("GET\t/\tHTTP/1.1")},
      {"a space in the target", with_line("GET /a b HTTP/1.1")},
      {"a tab in the target", with_line("GET /a\tb HTTP/1.1")},
      {"a DEL in the target", with_line("GET /a\x7f HTTP/1.1")},
      {"a NUL in the target", with_line(std::string("GET /a\0b HTTP/1.1", 17))},
      {"a fragment in the target", with_line("GET /a#b HTTP/1.1")},
      {"a method that is no token", with_line("GE(T / HTTP/1.1")},
      {"a method in quotes", with_line("\"GET\" / HTTP/1.1")},
      {"HTTP/2.0", with_line("GET / HTTP/2.0")},
      {"HTTP/1.2", with_line("GET / HTTP/1.2")},
      {"HTTP/0.9 by name", with_line("GET / HTTP/0.9")},
      {"HTTP/1.10", with_line("GET / HTTP/1.10")},
      {"HTTP/01.1", with_line("GET / HTTP/01.1")},
      {"a version in lower case", with_line("GET / http/1.1")},
      {"another protocol", with_line("GET / ICY/1.1")},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\n"},
      {"no blank line", "GET / HTTP/1.1\r\nHost: a\r\n"},
      {"an unknown expectation", with("Expect: 200-ok\r\n"), Errc::expectation_failed},
      {"an expectation with something behind it", with("Expect: 100-continue, x\r\n"), Errc::expectation_failed},
      {"a target over its limit", with_line("GET /" + std::string(8 * 1024, 'a') + " HTTP/1.1"), Errc::uri_too_long},
      {"a target over every limit", with_line("GET /" + std::string(20 * 1024, 'a') + " HTTP/1.1"), Errc::uri_too_long},
      {"a field over the limit", with("X: " + std::string(16 * 1024, 'a') + "\r\n"), Errc::headers_too_large},
  };
}

std::string head_with_fields(int count) {
  std::string lines;
  for (int i = 0; i < count - 1; ++i) lines += "X-" + std::to_string(i) + ": v\r\n";
  return with(lines);  // and its Host
}

}  // namespace

TEST_CASE("a head that disputes where its message ends is refused") {
  for (const auto& test : smuggling_cases()) {
    INFO(test.name);
    const auto framing = check_head(test.head, HeadLimits());
    REQUIRE_FALSE(framing);
    CHECK(framing.error().code == test.code);
  }
}

TEST_CASE("a malformed or oversized head is refused") {
  for (const auto& test : malformed_cases()) {
    INFO(test.name);
    const auto framing = check_head(test.head, HeadLimits());
    REQUIRE_FALSE(framing);
    CHECK(framing.error().code == test.code);
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
  CHECK(check_head(with_line("GET /" + std::string(8 * 1024 - 1, 'a') + " HTTP/1.1"), HeadLimits()));
}

TEST_CASE("a plain GET has no body and keeps its connection") {
  const auto framing = check_head(with_line("GET /a?b=c HTTP/1.1"), HeadLimits());
  REQUIRE(framing);
  CHECK_FALSE(framing->is_http_1_0);
  CHECK_FALSE(framing->chunked);
  CHECK_FALSE(framing->content_length);
  CHECK_FALSE(framing->expects_continue);
  CHECK(framing->keep_alive);
}

TEST_CASE("a length and an expectation are read, white space around values dropped") {
  const auto framing = check_head(with("content-length: \t12 \r\nEXPECT: 100-Continue\r\n"), HeadLimits());
  REQUIRE(framing);
  CHECK(framing->content_length == 12U);
  CHECK(framing->expects_continue);
}

TEST_CASE("the name of the chunked coding has no case") {
  for (const auto* value : {"chunked", "Chunked", "CHUNKED"}) {
    const auto framing = check_head(with(std::string("Transfer-Encoding: ") + value + "\r\n"), HeadLimits());
    REQUIRE(framing);
    CHECK(framing->chunked);
  }
}

TEST_CASE("what looks odd but disputes nothing is taken") {
  for (const auto* lines : {"X: \xc3\xbc\r\n", "X:\r\n", "X:y\r\n", "X: a:b\r\n", "X: X Transfer-Encoding: chunked\r\n",
                            "TE: trailers\r\n", "Upgrade: h2c\r\nConnection: Upgrade\r\n", "X_Y: z\r\n"}) {
    INFO(lines);
    CHECK(check_head(with(lines), HeadLimits()));
  }
  CHECK(check_head("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", HeadLimits()));
  CHECK(check_head(with_line("GET /\xc3\xbc HTTP/1.1"), HeadLimits()));
  CHECK(check_head(with_line("M-SEARCH * HTTP/1.1"), HeadLimits()));
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
    const auto framing = check_head(with(lines), HeadLimits());
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
