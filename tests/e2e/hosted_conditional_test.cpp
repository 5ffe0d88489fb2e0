// Conditional requests, RFC 9110 section 13.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

const std::string long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string far_ahead = "Fri, 06 Nov 2099 08:49:37 GMT";

struct Hosted {
  RunningServer server;
  std::string path = server.path_of(server.uploaded(png(1)));
  HttpResponse plain = server.get(path);
  std::string etag = plain.header("ETag");
  std::string modified = plain.header("Last-Modified");
};

TEST_CASE("a fresh copy is 304, with its validators and without a body") {
  Hosted hosted;
  const std::vector<Headers> fresh = {
      {{"If-None-Match", hosted.etag}},
      {{"If-None-Match", "*"}},
      {{"If-None-Match", "\"other\", " + hosted.etag}},
      {{"If-None-Match", "W/" + hosted.etag}},
      {{"If-Modified-Since", hosted.modified}},
      {{"If-Modified-Since", far_ahead}},
      {{"If-None-Match", hosted.etag}, {"If-Modified-Since", long_ago}},
      {{"If-None-Match", "\"x\""}, {"If-None-Match", hosted.etag}},
  };
  for (const Headers& headers : fresh) {
    INFO(headers.front().first << ": " << headers.front().second);
    for (const char* method : {"GET", "HEAD"}) {
      const HttpResponse response = hosted.server.send({.method = method, .target = hosted.path, .headers = headers});
      CHECK(response.status == 304);
      CHECK(response.body.empty());
      CHECK(response.header("ETag") == hosted.etag);
      CHECK(response.header("Cache-Control") == hosted.plain.header("Cache-Control"));
    }
  }
  CHECK(hosted.server.get(hosted.path).body == png(1));
}

TEST_CASE("another copy, or a condition that cannot be read, is 200") {
  Hosted hosted;
  const std::vector<Headers> stale = {
      {{"If-None-Match", "\"other\""}},
      {{"If-None-Match", hosted.etag.substr(1, hosted.etag.size() - 2)}},
      {{"If-None-Match", ""}},
      {{"If-Modified-Since", long_ago}},
      {{"If-Modified-Since", "yesterday"}},
      {{"If-None-Match", "\"other\""}, {"If-Modified-Since", far_ahead}},
      {{"If-Unmodified-Since", "yesterday"}},
      {{"If-Unmodified-Since", hosted.modified}},
      {{"If-Match", hosted.etag}},
      {{"If-Match", "*"}},
      {{"If-Match", "\"other\", " + hosted.etag}},
      {{"If-Match", hosted.etag}, {"If-Unmodified-Since", long_ago}},
  };
  for (const Headers& headers : stale) {
    INFO(headers.front().first << ": " << headers.front().second);
    const HttpResponse response = hosted.server.get(hosted.path, headers);
    CHECK(response.status == 200);
    CHECK(response.body == png(1));
  }
}

TEST_CASE("a failed precondition is 412") {
  Hosted hosted;
  const std::vector<Headers> failed = {
      {{"If-Match", "\"other\""}},
      {{"If-Match", "W/" + hosted.etag}},
      {{"If-Unmodified-Since", long_ago}},
      {{"If-Match", "\"other\""}, {"If-Unmodified-Since", far_ahead}},
      {{"If-Match", "\"other\""}, {"If-None-Match", hosted.etag}},
  };
  for (const Headers& headers : failed) {
    INFO(headers.front().first << ": " << headers.front().second);
    check_problem(hosted.server.get(hosted.path, headers), 412, "precondition_failed");
  }
}

TEST_CASE("a condition does not make a missing image anything but missing") {
  Hosted hosted;
  const std::string missing = "/v1/images/hosted/alice/img_01jd0000000000000000000000.png";
  CHECK(hosted.server.get(missing, {{"If-None-Match", "*"}}).status == 404);
  CHECK(hosted.server.get(missing, {{"If-None-Match", hosted.etag}}).status == 404);
  CHECK(hosted.server.get(missing, {{"Range", "bytes=0-1"}}).status == 404);
}

}  // namespace
}  // namespace lightfast::test
