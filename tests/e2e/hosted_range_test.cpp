// Range requests, RFC 9110 section 14.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

struct Hosted {
  RunningServer server;
  std::string bytes = png(1, 40, 30);
  std::string path = server.path_of(server.uploaded(bytes));

  HttpResponse get(const std::string& range) { return server.get(path, {{"Range", range}}); }
  std::string content_range(std::size_t first, std::size_t last) const {
    return "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(bytes.size());
  }
};

struct Part {
  Headers headers;
  std::string body;
};

// multipart/byteranges, RFC 9110 section 14.6.
std::vector<Part> parts_of(const HttpResponse& response) {
  const std::string type = response.header("Content-Type");
  const std::size_t at = type.find("boundary=");
  REQUIRE(at != std::string::npos);
  std::string boundary = type.substr(at + 9);
  std::erase(boundary, '"');
  std::vector<Part> parts;
  const std::string delimiter = "--" + boundary;
  std::size_t position = response.body.find(delimiter);
  REQUIRE(position != std::string::npos);
  while (response.body.compare(position + delimiter.size(), 2, "--") != 0) {
    const std::size_t head = position + delimiter.size() + 2;
    const std::size_t body = response.body.find("\r\n\r\n", head) + 4;
    const std::size_t end = response.body.find("\r\n" + delimiter, body);
    REQUIRE(end != std::string::npos);
    parts.push_back({{{"head", response.body.substr(head, body - head)}}, response.body.substr(body, end - body)});
    position = end + 2;
  }
  return parts;
}

TEST_CASE("one range is 206 with its place and its bytes") {
  Hosted hosted;
  const std::size_t size = hosted.bytes.size();
  const auto cases = std::vector<std::tuple<std::string, std::size_t, std::size_t>>{
      {"bytes=0-0", 0, 0},
      {"bytes=5-9", 5, 9},
      {"bytes=5-", 5, size - 1},
      {"bytes=-7", size - 7, size - 1},
      {"bytes=0-" + std::to_string(size + 1000), 0, size - 1},
      {"bytes=-" + std::to_string(size + 1000), 0, size - 1},
      {"bytes=" + std::to_string(size - 1) + "-", size - 1, size - 1},
      {"bytes=0-99999999999999999999999999", 0, size - 1},
      {"BYTES=3-4", 3, 4},
      {"bytes=3-4, ", 3, 4},
  };
  for (const auto& [range, first, last] : cases) {
    INFO(range);
    const HttpResponse response = hosted.get(range);
    CHECK(response.status == 206);
    CHECK(response.header("Content-Range") == hosted.content_range(first, last));
    CHECK(response.header("Content-Length") == std::to_string(last - first + 1));
    CHECK(response.header("Content-Type") == "image/png");
    CHECK(response.body == hosted.bytes.substr(first, last - first + 1));
    CHECK_FALSE(response.header("ETag").empty());
    CHECK(response.header("Cache-Control") == "public, max-age=31536000, immutable");
  }
}

TEST_CASE("what cannot be satisfied is 416 with the length") {
  Hosted hosted;
  const std::size_t size = hosted.bytes.size();
  for (const std::string& range :
       {"bytes=" + std::to_string(size) + "-", std::string("bytes=-0"),
        "bytes=" + std::to_string(size) + "-" + std::to_string(size + 5), std::string("bytes=99999999999999999999-")}) {
    INFO(range);
    const HttpResponse response = hosted.get(range);
    check_problem(response, 416, "range_not_satisfiable");
    CHECK(response.header("Content-Range") == "bytes */" + std::to_string(size));
    CHECK(response.header("Cache-Control").find("immutable") == std::string::npos);
  }
}

TEST_CASE("nonsense and other units are ignored: the whole, 200") {
  Hosted hosted;
  for (const char* range : {"bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "items=0-1", "bytes 0-1", "bytes=0-1;2-3",
                            "bytes=0--1", "=0-1", "bytes=0x0-0x5", "bytes=+1-2", "bytes=1 - 2", "0-1"}) {
    INFO(range);
    const HttpResponse response = hosted.get(range);
    CHECK(response.status == 200);
    CHECK(response.body == hosted.bytes);
    CHECK(response.count("Content-Range") == 0);
  }
}

TEST_CASE("several ranges come as multipart/byteranges, in the order asked for") {
  Hosted hosted;
  const HttpResponse response = hosted.get("bytes=10-19,0-3,-5");
  REQUIRE(response.status == 206);
  CHECK(response.header("Content-Type").starts_with("multipart/byteranges; boundary="));
  CHECK(response.count("Content-Range") == 0);
  CHECK(response.header("Content-Length") == std::to_string(response.body.size()));
  const std::vector<Part> parts = parts_of(response);
  const std::size_t size = hosted.bytes.size();
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {{10, 19}, {0, 3}, {size - 5, size - 1}};
  REQUIRE(parts.size() == expected.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [first, last] = expected[i];
    CHECK(parts[i].body == hosted.bytes.substr(first, last - first + 1));
    CHECK(parts[i].headers.front().second.find(hosted.content_range(first, last)) != std::string::npos);
    CHECK(parts[i].headers.front().second.find("image/png") != std::string::npos);
  }
  CHECK(hosted.server.get(hosted.path).body == hosted.bytes);  // the connection is still in step
}

TEST_CASE("eight ranges are served, nine or overlapping ones are the whole") {
  Hosted hosted;
  CHECK(parts_of(hosted.get("bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14")).size() == 8);
  for (const char* range :
       {"bytes=0-0,2-2,4-4,6-6,8-8,10-10,12-12,14-14,16-16", "bytes=0-5,3-8", "bytes=0-,-5", "bytes=0-10,0-10"}) {
    INFO(range);
    const HttpResponse response = hosted.get(range);
    CHECK(response.status == 200);
    CHECK(response.body == hosted.bytes);
  }
}

TEST_CASE("a flood of ranges gets the whole once, or is told that its header is too large") {
  Hosted hosted;
  for (const char* range : {"0-,", "0-0,", "-1,", "5-9,0-4,", ","}) {
    for (const int times : {100, 1'000, 3'000}) {
      std::string value = "bytes=";
      for (int i = 0; i < times; ++i) value += range;
      INFO(times << " times " << range);
      const HttpResponse response = hosted.get(value + "0-");
      if (value.size() > 16'000) {
        check_problem(response, 431, "headers_too_large");
      } else {
        CHECK(response.status == (value.find_first_of("0123456789") == std::string::npos ? 206 : 200));
        CHECK(response.body == hosted.bytes);
      }
    }
  }
  CHECK(hosted.server.get(hosted.path).body == hosted.bytes);  // the connection is still in step
}

TEST_CASE("of several ranges those that fit are served") {
  Hosted hosted;
  const HttpResponse response = hosted.get("bytes=0-1,999999-");
  CHECK(response.status == 206);
  CHECK(response.body.find(hosted.bytes.substr(0, 2)) != std::string::npos);
}

TEST_CASE("If-Range with the entity tag keeps the range, anything else drops it") {
  Hosted hosted;
  const std::string etag = hosted.server.head(hosted.path).header("ETag");
  const auto get = [&](const std::string& if_range) {
    return hosted.server.get(hosted.path, {{"Range", "bytes=2-5"}, {"If-Range", if_range}});
  };
  CHECK(get(etag).status == 206);
  for (const std::string& other :
       {std::string("\"other\""), "W/" + etag, std::string("Sun, 06 Nov 1994 08:49:37 GMT"), std::string("nonsense")}) {
    INFO(other);
    const HttpResponse response = get(other);
    CHECK(response.status == 200);
    CHECK(response.body == hosted.bytes);
  }
}

TEST_CASE("a precondition is judged before the range") {
  Hosted hosted;
  const std::string etag = hosted.server.head(hosted.path).header("ETag");
  CHECK(hosted.server.get(hosted.path, {{"Range", "bytes=0-1"}, {"If-None-Match", etag}}).status == 304);
  CHECK(hosted.server.get(hosted.path, {{"Range", "bytes=0-1"}, {"If-Match", "\"x\""}}).status == 412);
  CHECK(hosted.server.get(hosted.path, {{"Range", "bytes=0-1"}, {"If-Match", etag}}).status == 206);
}

TEST_CASE("HEAD knows no ranges") {
  Hosted hosted;
  const HttpResponse response = hosted.server.head(hosted.path, {{"Range", "bytes=0-1"}});
  CHECK(response.status == 200);
  CHECK(response.header("Content-Length") == std::to_string(hosted.bytes.size()));
}

}  // namespace
}  // namespace lightfast::test
