// What comes with a hosted image: headers, HEAD, methods, CORS.
#include <catch2/catch.hpp>
#include <ctime>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

// "2026-11-28T10:00:00Z" → "Sat, 28 Nov 2026 10:00:00 GMT" (RFC 9110, section 5.6.7).
std::string http_date(const std::string& iso) {
  std::tm time{};
  REQUIRE(::strptime(iso.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time));
  char date[64];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &time);
  return date;
}

bool is_strong_etag(const std::string& tag) {
  return tag.size() > 2 && tag.front() == '"' && tag.find('"', 1) == tag.size() - 1;
}

TEST_CASE("a hosted image comes with exactly the contract's headers, each once") {
  RunningServer server;
  const std::string bytes = png(1);
  const boost::json::object image = server.uploaded(bytes);
  const HttpResponse response = server.get(server.path_of(image));
  REQUIRE(response.status == 200);
  CHECK(response.body == bytes);
  const Headers expected = {
      {"Content-Type", "image/png"},
      {"Content-Length", std::to_string(bytes.size())},
      {"Last-Modified", http_date(text(image, "hosted_at"))},
      {"Accept-Ranges", "bytes"},
      {"Cache-Control", "public, max-age=31536000, immutable"},
      {"X-Content-Type-Options", "nosniff"},
      {"Content-Security-Policy", "default-src 'none'; sandbox"},
      {"Cross-Origin-Resource-Policy", "cross-origin"},
      {"Access-Control-Allow-Origin", "*"},
  };
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(response.header(name) == value);
    CHECK(response.count(name) == 1);
  }
  CHECK(is_strong_etag(response.header("ETag")));
  CHECK(response.header("Content-Disposition").starts_with("inline; filename="));
  CHECK(response.header("Content-Disposition").find(text(image, "id") + ".png") != std::string::npos);
  CHECK_FALSE(response.header("Date").empty());
  for (const char* name : {"Set-Cookie", "Transfer-Encoding", "Vary", "Content-Encoding", "X-Request-Id"}) {
    INFO(name);
    CHECK(response.count(name) == 0);
  }
}

TEST_CASE("HEAD gives the headers of GET and no body") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  HttpResponse get = server.get(path);
  HttpResponse head = server.head(path);
  CHECK(head.status == 200);
  for (HttpResponse* response : {&get, &head}) {
    std::erase_if(response->headers, [](const auto& field) { return field.first == "Date"; });
    std::sort(response->headers.begin(), response->headers.end());
  }
  CHECK(head.headers == get.headers);
  CHECK(server.get(path).status == 200);  // nothing of a body was left on the connection
}

TEST_CASE("the entity tag follows the bytes, not the owner") {
  RunningServer server;
  const auto etag = [&](const boost::json::object& image) { return server.head(server.path_of(image)).header("ETag"); };
  const std::string one = etag(server.uploaded(png(1), "alice"));
  CHECK(etag(server.uploaded(png(1), "bob")) == one);
  CHECK(etag(server.uploaded(png(2), "alice")) != one);
}

TEST_CASE("the extension may be left out, a wrong one is 404") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  const std::string bare = path.substr(0, path.size() - 4);
  const HttpResponse response = server.get(bare);
  CHECK(response.status == 200);
  CHECK(response.header("Content-Type") == "image/png");
  for (const char* extension : {".jpg", ".webp", ".PNG", ".pn", ".pngx", ".", ".png.png", ".png.jpg", ".txt"}) {
    INFO(extension);
    check_problem(server.get(bare + extension), 404, "not_found");
  }
}

TEST_CASE("download=1 makes it an attachment, other parameters change nothing") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  CHECK(server.get(path + "?download=1").header("Content-Disposition").starts_with("attachment; filename="));
  const HttpResponse response = server.get(path + "?utm_source=mail&x");
  CHECK(response.status == 200);
  CHECK(response.header("Content-Disposition").starts_with("inline; filename="));
}

TEST_CASE("other methods are 405 and told what is allowed") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  const std::string method = GENERATE("POST", "PUT", "DELETE", "PATCH");
  INFO(method);
  const HttpResponse response = server.api(method, path);
  check_problem(response, 405, "method_not_allowed");
  for (const char* allowed : {"GET", "HEAD", "OPTIONS"}) {
    CHECK(response.header("Allow").find(allowed) != std::string::npos);
  }
  CHECK(server.get(path).status == 200);
}

TEST_CASE("a wrong method on the API is 405 with Allow as well") {
  RunningServer server;
  const HttpResponse upload = server.api("PUT", "/v1/images/upload");
  check_problem(upload, 405, "method_not_allowed");
  CHECK(upload.header("Allow").find("POST") != std::string::npos);
  const HttpResponse usage = server.api("DELETE", "/v1/users/alice/usage");
  check_problem(usage, 405, "method_not_allowed");
  CHECK(usage.header("Allow").find("GET") != std::string::npos);
}

TEST_CASE("OPTIONS answers a preflight") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  const HttpResponse response = server.send({.method = "OPTIONS",
                                             .target = path,
                                             .headers = {{"Origin", "https://app.example.org"},
                                                         {"Access-Control-Request-Method", "GET"},
                                                         {"Access-Control-Request-Headers", "range,if-range"}}});
  CHECK(response.status / 100 == 2);
  CHECK(response.body.empty());
  CHECK(response.header("Access-Control-Allow-Origin") == "*");
  CHECK(response.header("Access-Control-Allow-Methods").find("GET") != std::string::npos);
  std::string allowed = response.header("Access-Control-Allow-Headers");
  std::transform(allowed.begin(), allowed.end(), allowed.begin(), [](unsigned char c) { return std::tolower(c); });
  CHECK((allowed == "*" || allowed.find("range") != std::string::npos));
}

TEST_CASE("a missing image is 404 and must not be stored by a cache") {
  RunningServer server;
  server.uploaded(png(1));
  for (const char* path :
       {"/v1/images/hosted/alice/img_01jd0000000000000000000000.png",
        "/v1/images/hosted/nobody/img_01jd0000000000000000000000", "/v1/images/hosted/alice/img_1"}) {
    INFO(path);
    const HttpResponse response = server.get(path);
    check_problem(response, 404, "not_found");
    CHECK(response.header("Cache-Control") == "no-store");
    const HttpResponse head = server.head(path);
    CHECK(head.status == 404);
    CHECK(head.body.empty());
  }
}

TEST_CASE("an accept-encoding or an accept header changes nothing") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  const HttpResponse response =
      server.get(path, {{"Accept-Encoding", "gzip, br, zstd"}, {"Accept", "image/webp,image/avif;q=0.9"}});
  CHECK(response.status == 200);
  CHECK(response.body == png(1));
}

TEST_CASE("large images come whole") {
  RunningServer server;
  const std::string bytes = png(1, 2000, 1500);  // 9 MB
  const std::string path = server.path_of(server.uploaded(bytes));
  CHECK((server.get(path).body == bytes));
  CHECK((server.get(path, {{"Range", "bytes=8000000-"}}).body == bytes.substr(8000000)));
}

}  // namespace
}  // namespace lightfast::test
