#include "server/fast/plain_request.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/support/malformed_heads.h"
#include "tests/support/plain_request_agreement.h"

using namespace lightfast;
using namespace std::string_view_literals;
using fast::parse_plain_range;
using fast::parse_plain_request;

namespace {

const std::string kId = "img_01m7y81eke87b86b5q6h6n8xwe";
const std::string kTarget = "/v1/images/hosted/alice/" + kId + ".webp";

std::string get(const std::string& target, const std::string& fields = "", const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: images.example.com:8080\r\n" + fields + "\r\n";
}

// The bytes of a request that somebody else made, but for the image at kTarget.
std::string for_the_image(const std::string& head) {
  const auto line_end = head.find("\r\n");
  const auto rest = line_end == head.npos ? "" : head.substr(line_end);
  return "GET " + kTarget + " HTTP/1.1" + rest;
}

}  // namespace

TEST_CASE("a plain GET is taken apart") {
  const auto bytes = get(kTarget) + "GET / HTTP/1.1";
  const auto request = parse_plain_request(bytes);
  REQUIRE(request);
  CHECK(request->size == get(kTarget).size());
  CHECK_FALSE(request->is_head);
  CHECK(request->keep_alive);
  CHECK(request->path == "alice/" + kId + ".webp");
  CHECK(request->user == "alice");
  CHECK(request->id == kId);
  CHECK(request->extension == "webp");
  CHECK(request->range.empty());
}

TEST_CASE("the extension may be missing and the user escaped") {
  const auto bytes = get("/v1/images/hosted/auth0%7Cabc/" + kId, "", "HEAD");
  const auto request = parse_plain_request(bytes);
  REQUIRE(request);
  CHECK(request->is_head);
  CHECK(request->user == "auth0%7Cabc");
  CHECK(request->extension.empty());
}

TEST_CASE("what browsers and proxies send is passed over, what matters to a file is read") {
  const auto bytes =
      get(kTarget,
          "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: image/avif,image/webp,*/*;q=0.8\r\n"
          "Referer: https://a.example/page\r\nOrigin: https://a.example\r\n"
          "accept-encoding: gzip, br\r\nCookie: a=b; c=d\r\nX-Forwarded-For: 192.0.2.1\r\nVia: 1.1 cache\r\n"
          "Sec-Fetch-Dest: image\r\nconnection: Keep-Alive\r\nCache-Control: no-cache\r\n"
          "If-None-Match:  \"abc\" \r\nIF-MODIFIED-SINCE: Sat, 28 Nov 2026 10:00:00 GMT\r\n"
          "Range: bytes=0-9\r\nIf-Range: \"abc\"\r\n");
  const auto request = parse_plain_request(bytes);
  REQUIRE(request);
  CHECK(request->keep_alive);
  CHECK(request->if_none_match == "\"abc\"");
  CHECK(request->if_modified_since == "Sat, 28 Nov 2026 10:00:00 GMT");
  CHECK(request->range == "bytes=0-9");
  CHECK(request->if_range == "\"abc\"");
  CHECK(request->forwarded_for == "192.0.2.1");
  CHECK(request->real_ip.empty());
  CHECK(request->referer == "https://a.example/page");
  CHECK(request->origin == "https://a.example");
}

TEST_CASE("Connection: close is plain") {
  const auto bytes = get(kTarget, "Connection: close\r\n");
  const auto request = parse_plain_request(bytes);
  REQUIRE(request);
  CHECK_FALSE(request->keep_alive);
}

TEST_CASE("what is not plain is left alone") {
  const std::string fields = GENERATE(
      "Content-Length: 0\r\n", "Content_Length: 0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer_Encoding: x\r\n",
      "Expect: 100-continue\r\n", "Authorization: Bearer x\r\n", "X-Request-Id: a\r\n", "If-Match: *\r\n",
      "If-Unmodified-Since: Sat, 28 Nov 2026 10:00:00 GMT\r\n", "Connection: upgrade\r\n",
      "Connection: keep-alive, Upgrade\r\n", "Connection: close\r\nConnection: close\r\n", "Host: b\r\n",
      "If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\n", "Range: bytes=0-1\r\nRange: bytes=2-3\r\n",
      "X-Real-IP: ::1\r\nX-Real-IP: ::2\r\n", "X-Forwarded-For: ::1\r\nx-forwarded-for: ::2\r\n", "If-None-Match:\r\n",
      " folded: x\r\n", "X: a\r\n b\r\n", "X : a\r\n", "X\r\n", ": a\r\n", "X: \x80\r\n", "X: a\tb\r\n", "X: a\rb\r\n",
      "X: a\nY: b\r\n", "Proxy-Connection: @\r\n");
  INFO(fields);
  CHECK_FALSE(parse_plain_request(get(kTarget, fields)));
}

TEST_CASE("other targets, methods and versions are left alone") {
  const std::string line =
      GENERATE("POST " + kTarget + " HTTP/1.1", "DELETE " + kTarget + " HTTP/1.1", "get " + kTarget + " HTTP/1.1",
               "GET " + kTarget + " HTTP/1.0", "GET " + kTarget + " HTTP/2.0", "GET " + kTarget + "  HTTP/1.1",
               "GET  " + kTarget + " HTTP/1.1", "GET http://a" + kTarget + " HTTP/1.1", "GET /healthz HTTP/1.1",
               "GET /v1/images/hosted/alice/articles/hero HTTP/1.1", "GET " + kTarget + "?download=1 HTTP/1.1",
               "GET " + kTarget + "/x HTTP/1.1", "GET /v1/images/hosted/a%zz/" + kId + " HTTP/1.1",
               "GET /v1/images/hosted//" + kId + " HTTP/1.1", "GET /v1/images/hosted/alice/" + kId + "x HTTP/1.1",
               "GET /v1/images/hosted/alice/" + kId + ". HTTP/1.1", "GET /v1/images/hosted/alice HTTP/1.1");
  INFO(line);
  CHECK_FALSE(parse_plain_request(line + "\r\nHost: a\r\n\r\n"));
}

TEST_CASE("nothing is taken before the head is whole") {
  const auto whole = get(kTarget, "Accept: */*\r\n");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(parse_plain_request(whole.substr(0, size)));
  CHECK(parse_plain_request(whole));
}

TEST_CASE("more fields or bytes than the full parser takes are left to it") {
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: v\r\n";
  CHECK(parse_plain_request(get(kTarget, fields)));
  CHECK_FALSE(parse_plain_request(get(kTarget, fields + "X: v\r\n")));
  CHECK_FALSE(parse_plain_request(get(kTarget, "X: " + std::string(16 * 1024, 'v') + "\r\n")));
}

TEST_CASE("one range within the file is plain and no other") {
  const auto range = parse_plain_range("bytes=10-19", 100);
  REQUIRE(range);
  CHECK((range->first == 10 && range->length == 10));
  const auto open = parse_plain_range("bytes=10-", 100);
  REQUIRE(open);
  CHECK((open->first == 10 && open->length == 90));
  for (const char* other : {"bytes=-5", "bytes=0-9,20-29", "bytes=9-3", "bytes=0-100", "bytes=100-", "bytes= 0-9",
                            "bytes=0-9 ", "Bytes=0-9", "items=0-9", "bytes=", "bytes=-", "bytes=a-9", "bytes=0-9x",
                            "bytes=+1-9", "bytes=99999999999999999999-", ""}) {
    INFO(other);
    CHECK_FALSE(parse_plain_range(other, 100));
  }
}

TEST_CASE("nothing that disputes or breaks the framing is taken as plain") {
  for (const auto& cases : {test::smuggling_heads(), test::malformed_heads()}) {
    for (const auto& refused : cases) {
      INFO(refused.name);
      CHECK_FALSE(parse_plain_request(refused.head));
      CHECK(test::disagreement(for_the_image(refused.head)).empty());
    }
  }
}

TEST_CASE("whatever the small parser takes the full one takes and reads the same way") {
  const std::vector<std::string> seeds = {
      get(kTarget),
      get(kTarget, "Connection: close\r\nIf-None-Match: \"abc\"\r\n"),
      get(kTarget, "Range: bytes=0-9\r\nIf-Range: \"abc\"\r\nUser-Agent: x\r\n", "HEAD"),
      get("/v1/images/hosted/auth0%7Cabc/" + kId, "If-Modified-Since: Sat, 28 Nov 2026 10:00:00 GMT\r\n"),
      get(kTarget, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"),
  };
  constexpr std::string_view spice = "\r\n\t :,-/?%\0\x7f\x80\xff\"=aZ09"sv;
  std::mt19937 random(1);
  std::size_t plain = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string bytes = seeds[random() % seeds.size()];
    for (auto changes = random() % 4; changes > 0; --changes) {
      const auto at = random() % bytes.size();
      switch (random() % 4) {
        case 0: bytes[at] = spice[random() % spice.size()]; break;
        case 1: bytes.insert(at, 1, spice[random() % spice.size()]); break;
        case 2: bytes.erase(at, 1 + random() % 4); break;
        default: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 30));
      }
    }
    bool is_plain = false;
    const auto difference = test::disagreement(bytes, &is_plain);
    plain += is_plain ? 1 : 0;
    if (difference.empty()) continue;
    INFO(bytes);
    FAIL("the parsers disagree about " << difference);
  }
  CHECK(plain > 5'000);  // the test is not about requests that none takes
}
