// Signed URLs.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

struct SigningServer : RunningServer {
  explicit SigningServer(Environment environment = Environment()) : RunningServer(std::move(environment)) {}

  boost::json::object hidden(const std::string& user = "alice") {
    return uploaded(png(1), user, "&visibility=private");
  }
  HttpResponse sign(const boost::json::object& body) {
    return api("POST", "/v1/images/sign", boost::json::serialize(body));
  }
  // The path of the URL signed.
  std::string signed_path(const boost::json::object& image, boost::json::object body = {}) {
    body["user_id"] = image.at("user_id");
    body["id"] = image.at("id");
    const HttpResponse response = sign(body);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return path_of(response.json().as_object());
  }
};

std::int64_t now_seconds() {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
}

TEST_CASE("a signed URL opens a private image to whoever holds it") {
  SigningServer server;
  const boost::json::object image = server.hidden("auth0|abc");
  const HttpResponse answer = server.sign({{"user_id", "auth0|abc"}, {"id", image.at("id")}, {"expires_in", 600}});
  REQUIRE(answer.status == 200);
  const boost::json::object shown = answer.json().as_object();
  CHECK(is_whole_second_utc(text(shown, "expires_at")));
  CHECK(text(shown, "url").starts_with(text(image, "url") + "?exp="));

  const std::string path = server.path_of(shown);
  const HttpResponse response = server.get(path);
  CHECK(response.status == 200);
  CHECK(response.body == png(1));
  const std::string rule = response.header("Cache-Control");
  REQUIRE(rule.starts_with("private, max-age="));
  const std::int64_t exp = std::stoll(path.substr(path.find("exp=") + 4));
  CHECK(std::stoll(rule.substr(17)) <= exp - now_seconds() + 1);
  CHECK(std::stoll(rule.substr(17)) >= 590);

  CHECK(server.head(path).status == 200);
  CHECK(server.get(path, {{"Range", "bytes=0-3"}}).status == 206);
  const HttpResponse fresh = server.get(path, {{"If-None-Match", response.header("ETag")}});
  CHECK(fresh.status == 304);
  CHECK(fresh.header("Cache-Control").starts_with("private, max-age="));
  CHECK(server.get(server.path_of(image)).status == 404);
}

TEST_CASE("no character of a signed URL can be another") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const std::string path = server.signed_path(image);
  int opened = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    std::string changed = path;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const HttpResponse response = server.get(changed);
    opened += response.status < 400 ? 1 : 0;
    if (i > path.find('?') && i != path.find("&sig=") && response.status != 403) {
      INFO(changed << ": " << response.body);
      CHECK((response.status == 403 || response.status == 404));
    }
  }
  CHECK(opened == 0);
  CHECK(server.get(path).status == 200);
}

TEST_CASE("a changed signature is refused before anything is looked up also on public and missing images") {
  SigningServer server;
  const std::string open = server.path_of(server.uploaded(png(2)));
  const std::string hidden = server.path_of(server.hidden());
  const std::string missing = "/v1/images/hosted/alice/img_01jd0000000000000000000000.png";
  const std::string sig(43, 'A');
  for (const std::string& path : {open, hidden, missing, std::string("/v1/images/hosted/alice/trip/hero")}) {
    for (const std::string& query : {"?exp=9999999999&sig=" + sig, "?sig=" + sig, std::string("?exp=9999999999"),
                                     "?exp=9999999999&%73ig=" + sig, "?exp=1&sig=" + sig}) {
      INFO(path << query);
      const HttpResponse response = server.get(path + query);
      check_problem(response, 403, "signature_invalid");
      CHECK(response.header("Cache-Control") == "no-store");
      CHECK(server.get(path + query, with_key).status == 403);
    }
  }
}

TEST_CASE("a signed URL ends") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const std::string path = server.signed_path(image, {{"expires_in", 1}});
  REQUIRE(eventually([&] { return server.get(path).status == 403; }));
  check_problem(server.get(path), 403, "signature_expired");
  check_problem(server.get(path, with_key), 403, "signature_expired");
}

TEST_CASE("a signature opens its one image and nothing else") {
  SigningServer server;
  const boost::json::object first = server.hidden();
  const boost::json::object other = server.uploaded(png(2), "alice", "&visibility=private");
  const std::string path = server.signed_path(first);
  const std::string query = path.substr(path.find('?'));
  CHECK(server.get(server.path_of(other) + query).status == 403);
  CHECK(server.get("/v1/images/hosted/alice/" + text(first, "id") + query).status == 403);
  CHECK(server.get(path + "&download=1").status == 403);
  CHECK(server.send({.method = "DELETE", .target = "/v1/images/alice/" + text(first, "id") + query}).status == 401);
  CHECK(server.send({.method = "DELETE", .target = path}).status == 405);
}

TEST_CASE("the same request gets the same signed URL") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const boost::json::object wish{{"expires_in", 86'400 * 30}};
  CHECK(server.signed_path(image, wish) == server.signed_path(image, wish));
  const std::string day = std::to_string((now_seconds() + 86'400 * 30 + 86'399) / 86'400 * 86'400);
  CHECK(server.signed_path(image, wish).find("exp=" + day) != std::string::npos);
}

TEST_CASE("a variant is part of what is signed and always written the same") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const std::string path = server.signed_path(
      image, {{"variant", {{"q", 80}, {"format", "webp"}, {"h", 200}, {"w", 300}, {"fit", "cover"}}}});
  CHECK(path.find("?w=300&h=200&fit=cover&format=webp&q=80&exp=") != std::string::npos);
}

TEST_CASE("what cannot be signed is refused by name") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const boost::json::value id = image.at("id");
  const auto refused = [&](const boost::json::object& body, int status, const std::string& code) {
    INFO(boost::json::serialize(body));
    check_problem(server.sign(body), status, code);
  };
  refused({{"user_id", "alice"}}, 400, "invalid_request");
  refused({{"user_id", "alice"}, {"id", 5}}, 400, "invalid_request");
  refused({{"user_id", "alice"}, {"id", id}, {"expires_in", 0}}, 400, "invalid_request");
  refused({{"user_id", "alice"}, {"id", id}, {"expires_in", 31'536'001}}, 400, "invalid_request");
  refused({{"user_id", "alice"}, {"id", id}, {"variant", "w=5"}}, 400, "invalid_request");
  refused({{"user_id", "alice"}, {"id", id}, {"variant", {{"w", 0}}}}, 400, "invalid_request");
  refused({{"user_id", "alice"}, {"id", id}, {"variant", {{"format", "svg"}}}}, 400, "invalid_request");
  refused({{"user_id", "bob"}, {"id", id}}, 404, "not_found");
  refused({{"user_id", "alice"}, {"id", "img_01jd0000000000000000000000"}}, 404, "not_found");
  CHECK(server.api("DELETE", "/v1/images/alice/" + text(image, "id")).status == 204);
  refused({{"user_id", "alice"}, {"id", id}}, 404, "not_found");
}

TEST_CASE("a removed image is not read with a signature either") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const std::string path = server.signed_path(image);
  CHECK(server.api("DELETE", "/v1/images/alice/" + text(image, "id")).status == 204);
  CHECK(server.get(path).status == 404);
}

TEST_CASE("signed URLs outlive restarts and go with their key") {
  SigningServer server(Environment{{"URL_SIGNING_KEYS", "first-signing-key"}});
  const boost::json::object image = server.hidden();
  const std::string old_path = server.signed_path(image);
  server.process().environment()["URL_SIGNING_KEYS"] = "second-signing-key,first-signing-key";
  server.process().restart();
  const std::string new_path = server.signed_path(image);
  CHECK(old_path != new_path);
  CHECK(server.get(old_path).status == 200);
  CHECK(server.get(new_path).status == 200);
  server.process().environment()["URL_SIGNING_KEYS"] = "second-signing-key";
  server.process().restart();
  check_problem(server.get(old_path), 403, "signature_invalid");
  CHECK(server.get(new_path).status == 200);
}

TEST_CASE("lightfast sign prints the URL that the API gives beside a server and without one") {
  SigningServer server;
  const boost::json::object image = server.hidden();
  const boost::json::object wish{{"expires_in", 86'400 * 30}, {"variant", {{"w", 64}}}};
  const std::string path = server.signed_path(image, wish);
  for (const bool running : {true, false}) {
    INFO("running: " << running);
    if (!running) CHECK(server.process().stop() == 0);
    for (const std::string& name : {text(image, "id"), text(image, "url")}) {
      const CommandResult signed_url =
          server.process().run({"sign", name, "--expires-in", "2592000", "--variant", "w=64"});
      INFO(signed_url.err);
      CHECK(signed_url.exit_code == 0);
      CHECK(signed_url.out == server.process().base_url() + path + "\n");
    }
    const CommandResult as_json = server.process().run({"sign", text(image, "id"), "--json"});
    CHECK(is_whole_second_utc(text(boost::json::parse(as_json.out).as_object(), "expires_at")));
    CHECK(server.process().run({"sign", "nonsense"}).exit_code == 2);
    CHECK(server.process().run({"sign", "img_01jd0000000000000000000000"}).exit_code == 1);
    CHECK(server.process().run({"sign", text(image, "id"), "--variant", "w=much"}).exit_code == 2);
  }
}

TEST_CASE("the URL of a private image that is still being made can be signed at once") {
  GeneratingServer at;
  const boost::json::object promise =
      at.promised(boost::json::value{{"prompt", "x"}, {"user_id", "alice"}, {"visibility", "private"}});
  const HttpResponse answer =
      at.server.api("POST", "/v1/images/sign",
                    boost::json::serialize(boost::json::object{{"user_id", "alice"}, {"id", promise.at("id")}}));
  REQUIRE(answer.status == 200);
  CHECK(at.server.get(at.server.path_of(promise)).status == 404);
  CHECK(at.server.get(at.server.path_of(answer.json().as_object())).status == 200);
}

}  // namespace
}  // namespace lightfast::test
