// Short-lived keys for one user.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

struct TokenServer : RunningServer {
  using RunningServer::RunningServer;

  HttpResponse make_token(const boost::json::object& body, const std::string& key = known_key) {
    return with(key, "POST", "/v1/tokens", boost::json::serialize(body));
  }
  std::string token(const boost::json::object& body, const std::string& key = known_key) {
    const HttpResponse response = make_token(body, key);
    INFO(response.body);
    REQUIRE(response.status == 201);
    CHECK(response.header("Cache-Control") == "no-store");
    const boost::json::object made = response.json().as_object();
    CHECK(is_whole_second_utc(text(made, "expires_at")));
    return text(made, "token");
  }
  HttpResponse with(const std::string& key, const std::string& method, const std::string& target,
                    const std::string& body = "") {
    return send({method, target, {{"Authorization", "Bearer " + key}}, body});
  }
};

TEST_CASE("a token works for its user alone as far as its scope goes") {
  TokenServer server;
  const std::string phone = server.token({{"user_id", "ana"}, {"scope", "read,write"}, {"expires_in", 600}});
  const boost::json::object image =
      server.with(phone, "POST", "/v1/images/upload?visibility=private", png(1)).json().as_object();
  CHECK(text(image, "user_id") == "ana");
  CHECK(server.with(phone, "GET", server.path_of(image)).status == 200);
  check_problem(server.with(phone, "GET", "/v1/users/bob/images"), 403, "forbidden");
  check_problem(server.with(phone, "POST", "/v1/images/upload?user_id=bob", png(1)), 403, "forbidden");

  const std::string reader = server.token({{"user_id", "ana"}, {"scope", "read"}});
  CHECK(server.with(reader, "GET", "/v1/users/ana/images").status == 200);
  check_problem(server.with(reader, "POST", "/v1/images/upload", png(2)), 403, "forbidden");
}

TEST_CASE("a token outlives a restart and not its key") {
  TokenServer server;
  const std::string made = server.process().run({"keys", "create", "--name", "backend"}).out;
  const std::string token = server.token({{"user_id", "ana"}}, made.substr(0, made.size() - 1));
  server.process().restart();
  CHECK(server.with(token, "GET", "/v1/users/ana/images").status == 200);
  CHECK(server.process().run({"keys", "revoke", "backend"}).exit_code == 0);
  const HttpResponse refused = server.with(token, "GET", "/v1/users/ana/images");
  check_problem(refused, 401, "unauthorized");
  CHECK(refused.header("WWW-Authenticate").starts_with("Bearer"));
}

TEST_CASE("tokens make no tokens and sign nothing that outlives them") {
  TokenServer server;
  const std::string token = server.token({{"user_id", "ana"}, {"expires_in", 600}});
  check_problem(server.make_token({{"user_id", "ana"}}, token), 403, "forbidden");
  const boost::json::object image =
      server.with(token, "POST", "/v1/images/upload?visibility=private", png(1)).json().as_object();
  const boost::json::object wish{{"id", image.at("id")}, {"expires_in", 86'400}};
  const HttpResponse answer = server.with(token, "POST", "/v1/images/sign", boost::json::serialize(wish));
  REQUIRE(answer.status == 200);
  const std::string url = text(answer.json().as_object(), "url");
  const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
  CHECK(std::stoll(url.substr(url.find("exp=") + 4)) <= now + 601);
  CHECK(server.get(server.path_of(answer.json().as_object())).status == 200);
}

TEST_CASE("what no token can be is refused by name") {
  TokenServer server;
  for (const boost::json::object& body : std::vector<boost::json::object>{{{"scope", "everything"}},
                                                                          {{"scope", 5}},
                                                                          {{"expires_in", 0}},
                                                                          {{"expires_in", 604'801}},
                                                                          {{"expires_in", "1h"}}}) {
    INFO(boost::json::serialize(body));
    check_problem(server.make_token(body), 400, "invalid_request");
  }
  check_problem(server.make_token({{"user_id", "hosted"}}), 400, "invalid_user_id");
  check_problem(server.make_token({{"scope", "admin"}}), 403, "forbidden");
}

TEST_CASE("the same Idempotency-Key of two users' tokens is two keys") {
  TokenServer server;
  const auto upload = [&](const std::string& user) {
    const std::string token = server.token({{"user_id", user}});
    HttpRequest request{"POST", "/v1/images/upload", {{"Authorization", "Bearer " + token}}, png(1)};
    request.headers.emplace_back("Idempotency-Key", "first");
    return text(server.send(request).json().as_object(), "user_id");
  };
  CHECK(upload("ana") == "ana");
  CHECK(upload("bob") == "bob");
}

}  // namespace
}  // namespace lightfast::test
