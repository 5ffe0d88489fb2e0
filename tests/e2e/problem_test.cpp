// The shape of errors, and request ids.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

TEST_CASE("every error is a problem with its code, and not for caches") {
  RunningServer server;
  const Headers json = {with_key.front(), {"Content-Type", "application/json"}};
  struct Case {
    HttpRequest request;
    int status;
    std::string code;
  };
  const std::vector<Case> cases = {
      {{"GET", "/nowhere"}, 404, "not_found"},
      {{"GET", "/v1/users/alice/usage"}, 401, "unauthorized"},
      {{"DELETE", "/healthz"}, 405, "method_not_allowed"},
      {{"POST", "/v1/images/upload", json, "{"}, 400, "invalid_request"},
      {{"POST", "/v1/images/upload", json, R"({"user_id":"-","data":"aaaa"})"}, 400, "invalid_user_id"},
      {{"POST", "/v1/images/upload", with_key, "only words, no image at all"}, 415, "unsupported_image"},
      {{"POST", "/v1/images/upload", with_key, png(1).substr(0, 60)}, 422, "invalid_image"},
      {{"GET", "/" + std::string(9000, 'a')}, 414, "uri_too_long"},
      {{"GET", "/healthz", {{"X-Large", std::string(40'000, 'x')}}}, 431, "headers_too_large"},
      {{"POST", "/v1/images/upload", {with_key.front(), {"Expect", "a-miracle"}}, png(1)}, 417, "expectation_failed"},
      {{"GET", "/v1/images/alice/img_01jd0000000000000000000000", with_key}, 404, "not_found"},
  };
  for (const Case& problem : cases) {
    INFO(problem.request.method << " " << problem.request.target.substr(0, 80) << " → " << problem.code);
    HttpClient client = server.new_client();
    const HttpResponse response = client.send(problem.request);
    check_problem(response, problem.status, problem.code);
    CHECK(response.header("Cache-Control") == "no-store");
  }
}

TEST_CASE("an upload without a length is told to bring one") {
  RunningServer server;
  HttpClient client = server.new_client();
  client.connect();
  client.write("POST /v1/images/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + known_key + "\r\n\r\n");
  check_problem(client.read_response(), 411, "length_required");
}

TEST_CASE("what is no HTTP is 400 and the connection ends") {
  RunningServer server;
  for (const char* bytes : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                            "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n"}) {
    INFO(bytes);
    HttpClient client = server.new_client();
    client.connect();
    client.write(bytes);
    const HttpResponse response = client.read_response();
    check_problem(response, 400, "invalid_request");
    CHECK(response.header("Connection") == "close");
  }
}

TEST_CASE("a caller's plain request id is kept, on answers of every kind") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  const Headers with_id = {{"X-Request-Id", "my-id_1.2"}};
  for (const std::string& target : {std::string("/healthz"), std::string("/nowhere"), path}) {
    INFO(target);
    const HttpResponse response = server.get(target, with_id);
    CHECK(response.header("X-Request-Id") == "my-id_1.2");
    CHECK(response.count("X-Request-Id") == 1);
  }
}

TEST_CASE("answers carry an own request id, another each time, images only the caller's") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  const std::string first = server.api("GET", "/v1/users/alice/usage").header("X-Request-Id");
  const std::string second = server.api("GET", "/v1/users/alice/usage").header("X-Request-Id");
  CHECK_FALSE(first.empty());
  CHECK(first != second);
  CHECK_FALSE(server.get("/nowhere").header("X-Request-Id").empty());
  CHECK(server.get(server.path_of(image)).count("X-Request-Id") == 0);
}

TEST_CASE("a request id that is not plain is replaced") {
  RunningServer server;
  for (const std::string& id : {std::string("a b"), std::string("a\"b"), std::string("<script>"), std::string(500, 'a'),
                                std::string("\xC3\xA4"), std::string("a,b;c\\")}) {
    INFO(id);
    const HttpResponse response = server.get("/nowhere", {{"X-Request-Id", id}});
    CHECK(response.header("X-Request-Id") != id);
    CHECK_FALSE(response.header("X-Request-Id").empty());
  }
}

}  // namespace
}  // namespace lightfast::test
