#include "server/http/request_target.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

using namespace lightfast;
using http::Method;
using http::Request;

namespace {

Request request_for(std::string target, Method method = Method::get, std::string method_text = "GET") {
  Request request;
  request.method = method;
  request.method_text = std::move(method_text);
  request.target = std::move(target);
  return request;
}

using Segments = std::vector<std::string>;

}  // namespace

TEST_CASE("a path is split into segments, each decoded once") {
  auto request = request_for("/v1/a%20b/auth0%7Cabc/%252e%2F?x=%31");
  REQUIRE(http::parse_target(request));
  CHECK(request.path == "/v1/a%20b/auth0%7Cabc/%252e%2F");
  CHECK(request.segments == Segments{"v1", "a b", "auth0|abc", "%2e/"});
  CHECK(*request.query.find("x") == "1");
}

TEST_CASE("empty segments stay where they are") {
  auto request = request_for("//a//b/");
  REQUIRE(http::parse_target(request));
  CHECK(request.segments == Segments{"", "a", "", "b", ""});
  auto root = request_for("/");
  REQUIRE(http::parse_target(root));
  CHECK(root.segments == Segments{""});
}

TEST_CASE("of an absolute URL the path and the query count") {
  auto request = request_for("HTTP://example.org:8080/a/b?c=d");
  REQUIRE(http::parse_target(request));
  CHECK(request.path == "/a/b");
  CHECK(*request.query.find("c") == "d");
  auto bare = request_for("http://example.org?c=d");
  REQUIRE(http::parse_target(bare));
  CHECK(bare.path == "/");
  CHECK(*bare.query.find("c") == "d");
}

TEST_CASE("an asterisk belongs to OPTIONS alone") {
  auto options = request_for("*", Method::options, "OPTIONS");
  REQUIRE(http::parse_target(options));
  CHECK(options.path == "*");
  CHECK(options.segments.empty());
  auto get = request_for("*");
  CHECK_FALSE(http::parse_target(get));
}

TEST_CASE("other forms of a target are refused") {
  for (const auto* target : {"example.org:443", "a/b", "ftp://example.org/a", "http:///a", "http://", "?a=b"}) {
    INFO(target);
    auto request = request_for(target);
    const auto parsed = http::parse_target(request);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Errc::invalid_request);
  }
}

TEST_CASE("a path that cannot be decoded leads nowhere") {
  for (const auto* target : {"/a%", "/a%2", "/%zz/b", "/a%00b", "/%u002e"}) {
    INFO(target);
    auto request = request_for(target);
    const auto parsed = http::parse_target(request);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Errc::not_found);
  }
}
