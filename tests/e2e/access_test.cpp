// Who may do what: keys, and what needs none.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

const std::vector<HttpRequest> guarded = {
    {.method = "POST", .target = "/v1/images/upload?user_id=alice"},
    {.method = "GET", .target = "/v1/images/alice/img_01jd0000000000000000000000"},
    {.method = "DELETE", .target = "/v1/images/alice/img_01jd0000000000000000000000"},
    {.method = "POST", .target = "/v1/images/alice/img_01jd0000000000000000000000/restore"},
    {.method = "GET", .target = "/v1/users/alice/images"},
    {.method = "GET", .target = "/v1/users/alice/usage"},
    {.method = "PUT", .target = "/v1/users/alice/limits"},
    {.method = "DELETE", .target = "/v1/users/alice"},
    {.method = "DELETE", .target = "/v1/users/alice/collections/articles"},
    {.method = "POST", .target = "/v1/admin/cleanup"},
};

TEST_CASE("everything but reading public images and watching needs a key") {
  RunningServer server;
  for (HttpRequest request : guarded) {
    INFO(request.method << " " << request.target);
    if (request.target.find("upload") != std::string::npos) request.body = png(1);
    const HttpResponse response = server.send(request);
    check_problem(response, 401, "unauthorized");
    CHECK(response.header("WWW-Authenticate").starts_with("Bearer"));
  }
  CHECK(server.image_files() == std::set<std::string>{});
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("a wrong key, or a right one in the wrong clothes, is 401") {
  RunningServer server;
  const std::vector<std::string> wrong = {"Bearer wrong",
                                          "Bearer " + known_key.substr(1),
                                          "Bearer " + known_key + "x",
                                          "Bearer",
                                          "Bearer ",
                                          "Basic dXNlcjpwdw==",
                                          known_key,
                                          "Bearer " + known_key + ", Bearer other",
                                          "Token " + known_key,
                                          ""};
  for (const std::string& authorization : wrong) {
    INFO(authorization);
    HttpRequest request = upload_request(png(1));
    request.headers.front() = {"Authorization", authorization};
    check_problem(server.send(request), 401, "unauthorized");
  }
  CHECK(server.image_files() == std::set<std::string>{});
}

TEST_CASE("the scheme's case does not matter, as RFC 9110 has it") {
  RunningServer server;
  HttpRequest request = upload_request(png(1));
  request.headers.front() = {"authorization", "bearer " + known_key};
  CHECK(server.send(request).status == 201);
}

TEST_CASE("each of several API_KEYS works, blanks around them do not matter") {
  RunningServer server(Environment{{"API_KEYS", "first-key-0123456789abcdef, second-key-0123456789abcdef"}});
  for (const char* key : {"first-key-0123456789abcdef", "second-key-0123456789abcdef"}) {
    INFO(key);
    HttpRequest request = upload_request(png(1));
    request.headers.front().second = std::string("Bearer ") + key;
    CHECK(server.send(request).status / 100 == 2);
  }
}

TEST_CASE("a key in the query is no key") {
  RunningServer server;
  const HttpResponse response = server.get("/v1/users/alice/images?api_key=" + known_key + "&key=" + known_key);
  check_problem(response, 401, "unauthorized");
}

TEST_CASE("an unknown path is 404 whoever asks") {
  RunningServer server;
  check_problem(server.get("/v1/nothing/here"), 404, "not_found");
  check_problem(server.api("GET", "/v1/nothing/here"), 404, "not_found");
  check_problem(server.get("/"), 404, "not_found");
}

}  // namespace
}  // namespace lightfast::test
