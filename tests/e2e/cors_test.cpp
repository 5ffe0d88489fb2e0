// What scripts on other sites may do: read images always, call the API where CORS_ALLOW_ORIGINS says so.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

const std::string app = "https://app.example.com";
const Environment with_app = {{"CORS_ALLOW_ORIGINS", app + "/, http://localhost:3000"}};

HttpResponse preflight(RunningServer& server, const std::string& target, const std::string& method,
                       const std::string& origin = app) {
  return server.send({.method = "OPTIONS",
                      .target = target,
                      .headers = {{"Origin", origin},
                                  {"Access-Control-Request-Method", method},
                                  {"Access-Control-Request-Headers", "authorization,content-type,idempotency-key"}}});
}

std::string allowed_origin(const HttpResponse& response) {
  CHECK(response.count("Access-Control-Allow-Origin") <= 1);
  return response.header("Access-Control-Allow-Origin");
}

TEST_CASE("without CORS_ALLOW_ORIGINS the API says nothing of other sites") {
  RunningServer server;
  const auto answer = server.api("GET", "/v1/users/alice/usage", "", {{"Origin", app}});
  CHECK(answer.status == 200);
  CHECK(allowed_origin(answer).empty());
  CHECK(answer.count("Vary") == 0);
  const auto asked = preflight(server, "/v1/images/generate", "POST");
  CHECK(asked.status == 204);
  CHECK(allowed_origin(asked).empty());
}

TEST_CASE("a page of a listed origin calls the API as a browser does") {
  RunningServer server(with_app);
  const auto asked = preflight(server, "/v1/images/upload?user_id=alice", "POST");
  CHECK(asked.status == 204);
  CHECK(asked.body.empty());
  CHECK(allowed_origin(asked) == app);
  CHECK(asked.header("Vary") == "Origin");
  CHECK(asked.header("Access-Control-Allow-Methods").find("POST") != std::string::npos);
  for (const char* name : {"Authorization", "Idempotency-Key", "Prefer", "X-Request-Id"}) {
    CHECK(asked.header("Access-Control-Allow-Headers").find(name) != std::string::npos);
  }
  CHECK_FALSE(asked.header("Access-Control-Max-Age").empty());

  HttpRequest upload = upload_request(png(1));
  upload.headers.emplace_back("Origin", app);
  const auto stored = server.send(upload);
  CHECK(stored.status == 201);
  CHECK(allowed_origin(stored) == app);
  CHECK(stored.header("Vary") == "Origin");
  for (const char* name : {"Location", "ETag", "RateLimit-Remaining", "Retry-After", "X-Request-Id"}) {
    CHECK(stored.header("Access-Control-Expose-Headers").find(name) != std::string::npos);
  }
}

TEST_CASE("errors of the API are open to whom their successes are") {
  RunningServer server(Environment{{"CORS_ALLOW_ORIGINS", app}, {"RATE_LIMIT_WRITE", "1/hour"}});
  const auto status_of = [&](const HttpRequest& request) {
    const auto response = server.send(request);
    CHECK(allowed_origin(response) == app);
    CHECK(response.count("Access-Control-Expose-Headers") == 1);
    return response.status;
  };
  const Headers page = {{"Origin", app}};
  const Headers page_with_key = {{"Origin", app}, with_key.front()};
  CHECK(status_of({.target = "/v1/users/alice/images", .headers = page}) == 401);
  CHECK(status_of({.target = "/nowhere", .headers = page}) == 404);
  CHECK(status_of({.target = "/v1/jobs/x?a=%zz", .headers = page}) == 400);
  CHECK(status_of({.method = "DELETE", .target = "/v1/users/alice/usage", .headers = page}) == 405);
  CHECK(status_of({.method = "POST", .target = "/v1/tokens", .headers = page_with_key, .body = "{"}) == 400);
  CHECK(status_of({.method = "POST", .target = "/v1/tokens", .headers = page_with_key, .body = "{}"}) == 429);
}

TEST_CASE("a page of another origin may not, and caches are told that it depends") {
  RunningServer server(with_app);
  const std::string origin = GENERATE("https://evil.example.com", "http://app.example.com", "null");
  const auto asked = preflight(server, "/v1/images/generate", "POST", origin);
  CHECK(asked.status == 204);
  CHECK(allowed_origin(asked).empty());
  CHECK(asked.count("Access-Control-Allow-Methods") == 0);
  const auto answer = server.api("GET", "/v1/users/alice/usage", "", {{"Origin", origin}});
  CHECK(answer.status == 200);
  CHECK(allowed_origin(answer).empty());
  CHECK(answer.header("Vary") == "Origin");
}

TEST_CASE("a star opens the API to every page") {
  RunningServer server(Environment{{"CORS_ALLOW_ORIGINS", "*"}});
  CHECK(allowed_origin(preflight(server, "/v1/images/generate", "POST", "https://any.example")) == "*");
  const auto answer = server.api("GET", "/v1/users/alice/usage", "", {{"Origin", "https://any.example"}});
  CHECK(allowed_origin(answer) == "*");
  CHECK(answer.count("Vary") == 0);
}

TEST_CASE("images are open to every page whoever may call the API") {
  RunningServer server(with_app);
  const std::string path = server.path_of(server.uploaded(png(1)));
  for (int i = 0; i < 2; ++i) {  // by the full way, and ready
    const auto answer = server.get(path, {{"Origin", "https://any.example"}});
    CHECK(answer.status == 200);
    CHECK(allowed_origin(answer) == "*");
    CHECK(answer.count("Vary") == 0);
  }
  CHECK(allowed_origin(preflight(server, path, "GET", "https://any.example")) == "*");
  const auto missing = server.get("/v1/images/hosted/alice/img_1", {{"Origin", "https://any.example"}});
  CHECK(missing.status == 404);
  CHECK(allowed_origin(missing) == "*");
}

TEST_CASE("an origin that is none stops the start") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  const auto result = process.run({"serve"}, {{"CORS_ALLOW_ORIGINS", "https://a.example,App.example.com"}});
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("CORS_ALLOW_ORIGINS=App.example.com: allowed is origins such as https://") !=
        std::string::npos);
}

}  // namespace
}  // namespace lightfast::test
