#include "server/http/router.h"

#include <catch2/catch.hpp>

#include "server/http/request_target.h"
#include "tests/support/catch_result.h"

using namespace lightfast;
using http::Method;
using http::Request;
using http::Response;
using http::Router;

namespace {

Task<Response> no_answer(Request&) {
  co_return Response{};
}

Router make_router() {
  return Router({
      {Method::get, "/", no_answer},
      {Method::get, "/images/{user}/{id}", no_answer},
      {Method::delete_, "/images/{owner}/{name}", no_answer},
      {Method::get, "/images/hosted/{id}", no_answer, 0, true},
      {Method::post, "/images/{user}/restore", no_answer},
      {Method::post, "/images/generate", no_answer, 1024, true},
      {Method::get, "/images/generate", no_answer},
  });
}

Request request_for(Method method, std::string method_text, std::string target) {
  Request request;
  request.method = method;
  request.method_text = std::move(method_text);
  request.target = std::move(target);
  http::parse_target(request).value();
  return request;
}

Request get(std::string target) {
  return request_for(Method::get, "GET", std::move(target));
}

std::string header(const Response& response, std::string_view name) {
  return response.headers.combined(name);
}

}  // namespace

TEST_CASE("a route is found by method and path, with its names filled") {
  const auto router = make_router();
  auto request = get("/images/u%7C1/i2");
  const auto match = router.match(request);
  REQUIRE(match.route);
  CHECK(match.route->pattern == "/images/{user}/{id}");
  CHECK(request.param("user") == "u|1");
  CHECK(request.param("id") == "i2");
}

TEST_CASE("a pattern's names belong to its route, not to its shape") {
  const auto router = make_router();
  auto request = request_for(Method::delete_, "DELETE", "/images/u/i");
  REQUIRE(router.match(request).route);
  CHECK(request.param("owner") == "u");
}

TEST_CASE("literals win over names, from the left") {
  const auto router = make_router();
  auto hosted = get("/images/hosted/restore");
  CHECK(router.match(hosted).route->pattern == "/images/hosted/{id}");
  auto post = request_for(Method::post, "POST", "/images/hosted/restore");
  const auto match = router.match(post);
  CHECK_FALSE(match.route);
  CHECK(match.response.status == 405);
}

TEST_CASE("HEAD goes to the handler of GET") {
  const auto router = make_router();
  auto request = request_for(Method::head, "HEAD", "/images/u/i");
  const auto match = router.match(request);
  REQUIRE(match.route);
  CHECK(match.route->method == Method::get);
}

TEST_CASE("an unknown path is 404, whatever the method") {
  const auto router = make_router();
  for (const auto* target : {"/nowhere", "/images", "/images/u", "/images/u/i/", "/images/u/", "/images//i", "//",
                             "/images/../i", "/images/u/%2e%2e", "/images/./i", "/Images/u/i"}) {
    INFO(target);
    auto request = get(target);
    const auto match = router.match(request);
    CHECK_FALSE(match.route);
    CHECK(match.response.status == 404);
  }
  auto options = request_for(Method::options, "OPTIONS", "/nowhere");
  CHECK(router.match(options).response.status == 404);
}

TEST_CASE("another method is 405 and told what is allowed") {
  const auto router = make_router();
  auto put = request_for(Method::put, "PUT", "/images/generate");
  const auto match = router.match(put);
  CHECK_FALSE(match.route);
  CHECK(match.response.status == 405);
  CHECK(header(match.response, "Allow") == "POST, GET, HEAD, OPTIONS");
  auto odd = request_for(Method::other, "get", "/images/generate");
  CHECK(router.match(odd).response.status == 405);
}

TEST_CASE("CONNECT and TRACE are never possible") {
  const auto router = make_router();
  auto connect = request_for(Method::other, "CONNECT", "example.org:443");
  CHECK(router.match(connect).response.status == 405);
  auto trace = request_for(Method::other, "TRACE", "/nowhere");
  const auto match = router.match(trace);
  CHECK(match.response.status == 405);
  CHECK_FALSE(header(match.response, "Allow").empty());
}

TEST_CASE("OPTIONS tells what is allowed, also of the whole server") {
  const auto router = make_router();
  auto one = request_for(Method::options, "OPTIONS", "/images/u/i");
  const auto match = router.match(one);
  CHECK(match.response.status == 204);
  CHECK(header(match.response, "Allow") == "GET, HEAD, DELETE, OPTIONS");
  CHECK(match.response.headers.find("Access-Control-Allow-Origin") == nullptr);
  auto all = request_for(Method::options, "OPTIONS", "*");
  CHECK(router.match(all).response.status == 204);
}

TEST_CASE("a preflight is answered where other sites may call, for the methods that they may use") {
  const auto router = make_router();
  auto request = request_for(Method::options, "OPTIONS", "/images/generate");
  request.headers.add("Origin", "https://app.example");
  request.headers.add("Access-Control-Request-Method", "POST");
  request.headers.add("Access-Control-Request-Headers", "x-evil\r\nSet-Cookie: a=b");
  const auto match = router.match(request);
  CHECK(match.response.status == 204);
  CHECK(header(match.response, "Access-Control-Allow-Origin") == "*");
  CHECK(header(match.response, "Access-Control-Allow-Methods") == "POST, OPTIONS");
  CHECK(header(match.response, "Access-Control-Max-Age") == "86400");
  const auto allowed = header(match.response, "Access-Control-Allow-Headers");
  for (const auto* name : {"Range", "If-None-Match", "If-Range", "Authorization", "Content-Type"}) {
    CHECK_THAT(allowed, Catch::Contains(name));
  }
  CHECK_THAT(allowed, !Catch::Contains("evil"));

  auto closed = request_for(Method::options, "OPTIONS", "/images/u/i");
  closed.headers = request.headers;
  CHECK(router.match(closed).response.headers.find("Access-Control-Allow-Origin") == nullptr);
}

TEST_CASE("a star takes any rest as it was received and every method where nothing more exact fits") {
  const Router router({
      {Method::other, "/replicate/v1/*", no_answer},
      {Method::get, "/replicate/v1/webhooks/{name}", no_answer},
      {Method::get, "/{any}/v1/things", no_answer},
  });
  auto raw = request_for(Method::other, "PATCH", "http://a/%72eplicate/v1//a%2Fb/%C3%BC?q=%20+&x");
  const auto match = router.match(raw);
  REQUIRE(match.route);
  CHECK(match.route->pattern == "/replicate/v1/*");
  CHECK(raw.rest == "//a%2Fb/%C3%BC?q=%20+&x");
  auto head = request_for(Method::head, "HEAD", "/replicate/v1/");
  REQUIRE(router.match(head).route);
  CHECK(head.rest == "/");
  auto exact = get("/replicate/v1/webhooks/default");
  CHECK(router.match(exact).route->pattern == "/replicate/v1/webhooks/{name}");
  CHECK(exact.rest.empty());
  auto named = get("/replicate/v1/things");
  CHECK(router.match(named).route->pattern == "/{any}/v1/things");
  for (const auto* target :
       {"/replicate/v1", "/replicate/v1/../v2/a", "/replicate/v1/a/%2e%2E/b", "/replicate/v1/./a"}) {
    INFO(target);
    auto outside = get(target);
    CHECK(router.match(outside).response.status == 404);
  }
  auto connect = request_for(Method::other, "CONNECT", "example.org:443");
  CHECK_FALSE(router.match(connect).route);
}

TEST_CASE("a preflight of what another server's clients call allows the fields that they send") {
  const Router router({{Method::other, "/replicate/v1/*", no_answer, 0, false, http::Cors::Fields::any}},
                      http::Cors({"https://app.example"}));
  auto request = request_for(Method::options, "OPTIONS", "/replicate/v1/predictions");
  request.headers.add("Origin", "https://app.example");
  request.headers.add("Access-Control-Request-Method", "POST");
  const auto match = router.match(request);
  CHECK_FALSE(match.route);
  CHECK(match.response.status == 204);
  CHECK(header(match.response, "Access-Control-Allow-Origin") == "https://app.example");
  CHECK(header(match.response, "Access-Control-Allow-Headers") == "Authorization, *");
  CHECK_THAT(header(match.response, "Access-Control-Allow-Methods"), Catch::Contains("PATCH, DELETE, QUERY"));
}

TEST_CASE("the same route twice is a mistake that is seen at the start") {
  CHECK_THROWS_AS(Router({{Method::get, "/a/{b}", no_answer}, {Method::get, "/a/{c}", no_answer}}), std::logic_error);
}
