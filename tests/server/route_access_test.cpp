// Who may call what: every route that the router has, with every kind of credential.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "server/routes/openapi.h"
#include "tests/server/api_under_test.h"

namespace lightfast::test {
namespace {

enum class Needs { nothing, read, write, admin };

// What another user's key is answered: the route names a user (403), belongs to one (404), or is for the key's own.
enum class Foreign { forbidden, missing, own };

struct Rule {
  std::string route;
  Needs needs;
  std::string target;  // of ana's
  int allowed;         // the status for who may, with `body`
  Foreign foreign = Foreign::forbidden;
  std::string body = "";
};

const std::string image = "/v1/images/ana/img_01jd0000000000000000000000";
const std::string hosted = "/v1/images/hosted/ana";
const std::string names = "/v1/users/ana/collections";
const std::string nobodys = R"({"user_id":"ana"})";  // what is missing beside the user makes it 400

const std::vector<Rule> rules = {
    {"GET /healthz", Needs::nothing, "/healthz", 200},
    {"GET /readyz", Needs::nothing, "/readyz", 200},
    {"GET /metrics", Needs::nothing, "/metrics", 200},
    {"GET /openapi.json", Needs::nothing, "/openapi.json", 200},

    {"GET /v1/images/hosted/{user}", Needs::nothing, hosted, 404},
    {"GET /v1/images/hosted/{user}/{id}", Needs::nothing, hosted + "/img_01jd0000000000000000000000.png", 404},
    {"GET /v1/images/hosted/{user}/{collection}/{name}", Needs::nothing, hosted + "/trip/hero", 404},
    {"GET /v1/images/hosted/{user}/{collection}/{name}/{rest}", Needs::nothing, hosted + "/trip/hero/two", 404},

    {"POST /v1/images/generate", Needs::write, "/v1/images/generate", 400, Foreign::forbidden, nobodys},
    {"POST /v1/images/import", Needs::write, "/v1/images/import", 400, Foreign::forbidden, nobodys},
    {"POST /v1/images/sign", Needs::read, "/v1/images/sign", 400, Foreign::forbidden, nobodys},
    {"POST /v1/images/upload", Needs::write, "/v1/images/upload?user_id=ana", 415, Foreign::forbidden, "no image"},
    {"POST /v1/uploads", Needs::write, "/v1/uploads", 201, Foreign::forbidden, nobodys},
    {"PUT /v1/uploads/{ticket}", Needs::nothing, "/v1/uploads/upl_01jd0000000000000000000000", 403},
    {"POST /v1/uploads/{ticket}", Needs::nothing, "/v1/uploads/upl_01jd0000000000000000000000", 403},
    {"GET /v1/jobs", Needs::read, "/v1/jobs?ids=job_1", 200, Foreign::own},
    {"GET /v1/jobs/{job}", Needs::read, "/v1/jobs/", 200, Foreign::missing},
    {"GET /v1/resolve", Needs::read, "/v1/resolve?user_id=ana&url=https://example.com/a.png", 404},
    {"POST /v1/webhooks/{provider}", Needs::nothing, "/v1/webhooks/replicate", 404},

    {"POST /v1/tokens", Needs::write, "/v1/tokens", 201, Foreign::forbidden, R"({"user_id":"ana"})"},

    {"GET /v1/images/{user}/{id}", Needs::read, image, 404},
    {"DELETE /v1/images/{user}/{id}", Needs::write, image, 404},
    {"POST /v1/images/{user}/{id}/restore", Needs::write, image + "/restore", 404},
    {"POST /v1/images/{user}/{id}/pin", Needs::write, image + "/pin", 404},
    {"POST /v1/images/{user}/{id}/unpin", Needs::write, image + "/unpin", 404},

    {"GET /v1/users/{user}/collections", Needs::read, names, 200},
    {"GET /v1/users/{user}/collections/{collection}", Needs::read, names + "/trip", 404},
    {"GET /v1/users/{user}/collections/{collection}/{name}", Needs::read, names + "/trip/hero", 404},
    {"GET /v1/users/{user}/collections/{collection}/{name}/{rest}", Needs::read, names + "/trip/hero/two", 404},
    {"GET /v1/users/{user}/collections/{collection}/{name}/versions", Needs::read, names + "/trip/hero/versions", 404},
    {"GET /v1/users/{user}/collections/{collection}/{name}/{rest}/versions", Needs::read,
     names + "/trip/hero/two/versions", 404},
    {"POST /v1/users/{user}/collections/{collection}/{name}/current", Needs::write, names + "/trip/hero/current", 400,
     Foreign::forbidden, "{}"},
    {"POST /v1/users/{user}/collections/{collection}/{name}/{rest}/current", Needs::write,
     names + "/trip/hero/two/current", 400, Foreign::forbidden, "{}"},
    {"GET /v1/users/{user}/images", Needs::read, "/v1/users/ana/images", 200},
    {"GET /v1/users/{user}/usage", Needs::read, "/v1/users/ana/usage", 200},
    {"PUT /v1/users/{user}/limits", Needs::admin, "/v1/users/ana/limits", 400},
    {"DELETE /v1/users/{user}", Needs::write, "/v1/users/ana", 200},
    {"DELETE /v1/users/{user}/collections/{collection}", Needs::write, names + "/trip", 200},

    {"POST /v1/admin/cleanup", Needs::admin, "/v1/admin/cleanup?dry_run=true", 200},

    {"ANY /replicate/v1/*", Needs::write, "/replicate/v1/predictions", 503, Foreign::own},
    {"ANY /openai/v1/*", Needs::write, "/openai/v1/models", 503, Foreign::own},
    {"ANY /fal/proxy", Needs::write, "/fal/proxy", 503, Foreign::own},
    {"POST /fal/lightfast-webhooks/{order}", Needs::nothing, "/fal/lightfast-webhooks/aHR0cHM", 403},
};

std::string name_of(const http::Route& route) {
  switch (route.method) {
    case http::Method::get: return "GET " + route.pattern;
    case http::Method::post: return "POST " + route.pattern;
    case http::Method::put: return "PUT " + route.pattern;
    case http::Method::delete_: return "DELETE " + route.pattern;
    case http::Method::other: return "ANY " + route.pattern;
    default: return "? " + route.pattern;
  }
}

int expected(const Rule& rule, const std::string& credential) {
  if (rule.needs == Needs::nothing) return rule.allowed;
  if (credential == "none" || credential == "wrong" || credential == "revoked" || credential == "expired") return 401;
  if (credential == "bob" && rule.foreign == Foreign::forbidden) return 403;
  if (credential == "bob" && rule.foreign == Foreign::missing) return 404;
  if (credential == "full") return rule.allowed;
  if (credential == "token" && rule.route == "POST /v1/tokens") return 403;
  if (credential == "ana" || credential == "bob" || credential == "token")
    return rule.needs == Needs::admin ? 403 : rule.allowed;
  const std::string needed = rule.needs == Needs::read ? "read" : rule.needs == Needs::write ? "write" : "admin";
  return credential == needed ? rule.allowed : 403;
}

TEST_CASE("every route is in the table of who may call it and no other is") {
  const ApiUnderTest api;
  std::set<std::string> there, told;
  for (const auto& route : api.routes()) there.insert(name_of(route));
  for (const auto& rule : rules) told.insert(rule.route);
  CHECK(told == there);
  CHECK(told.size() == rules.size());
}

TEST_CASE("every route lets in who may call it and nobody else") {
  ApiUnderTest api;
  for (const auto& rule : rules) {
    const std::string method = rule.route.substr(0, rule.route.find(' '));
    const std::string target = rule.target.ends_with("/jobs/") ? rule.target + api.job : rule.target;
    for (const auto& [credential, key] : api.credentials()) {
      const auto response = api.call(method, target, credential, rule.body);
      INFO(rule.route << " with " << credential << ": " << text_of(response));
      CHECK(method + " " + api.pattern == rule.route);
      CHECK(response.status == expected(rule, credential));
      CHECK((response.status == 401) == (response.headers.find("WWW-Authenticate") != nullptr));
    }
  }
}

TEST_CASE("the OpenAPI document says of every route who may call it") {
  namespace json = boost::json;
  const json::value document = json::parse({routes::openapi_json.data(), routes::openapi_json.size()});
  const std::map<Needs, std::string> words{{Needs::read, "read"}, {Needs::write, "write"}, {Needs::admin, "admin"}};
  for (const auto& rule : rules) {
    INFO(rule.route);
    const auto blank = rule.route.find(' ');
    std::string method = rule.route.substr(0, blank);
    for (char& letter : method) letter = static_cast<char>(letter + 32);
    if (method == "any") method = "post";
    std::string path = rule.route.substr(blank + 1);
    if (path.ends_with("/*")) path.replace(path.size() - 1, 1, "{rest}");
    const json::value& operation = document.at("paths").at(path).at(method);
    json::value security = json::array();
    if (rule.needs != Needs::nothing) security = {{{"key", {words.at(rule.needs)}}}};
    const bool reads_private_images = rule.route.starts_with("GET /v1/images/hosted/{user}/");
    if (reads_private_images) security = {json::object(), {{"key", {"read"}}}};
    CHECK(operation.at("security") == security);
  }
}

TEST_CASE("where no user is named a key's own user is meant") {
  ApiUnderTest api;
  for (const auto& [credential, user] :
       {std::pair<std::string, std::string>{"ana", "ana"}, {"bob", "bob"}, {"write", "default"}, {"full", "default"}}) {
    INFO(credential);
    const auto accepted =
        api.call("POST", "/v1/images/import", credential, R"({"url":"http://127.0.0.1:9/never.png"})");
    REQUIRE(accepted.status == 202);
    const std::string url(boost::json::parse(text_of(accepted)).at("url").as_string());
    CHECK(url.find("/v1/images/hosted/" + user + "/img_") != std::string::npos);
  }
}

}  // namespace
}  // namespace lightfast::test
