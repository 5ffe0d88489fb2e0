// That every status which openapi.json says of every route does come: all tests hold all answers to it
// (RunningServer::send), and this one provokes them all.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <map>

#include "tests/e2e/database_damage.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/documented_api.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_webhook.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using Answers = DocumentedApi::Answers;

// Documented, and not provoked here.
const Answers rare{
    {"POST /v1/images/generate", 404},  // somebody removes the images between their storing and the answer
    {"POST /v1/images/import", 404},    // the same
    {"POST /v1/images/sign", 503},      // a platform that gives a volume and no domain
    {"POST /v1/uploads", 503},          // the same
};

const std::string missing_id = "img_01jd0000000000000000000000";

// A path of the document as a target: of ana's, and of what is not there, unless `values` say otherwise.
std::string target_of(const std::string& route, std::map<std::string, std::string> values = {}) {
  values.merge(std::map<std::string, std::string>{{"user", "ana"},
                                                  {"id", missing_id},
                                                  {"collection", "no-trip"},
                                                  {"name", "no-name"},
                                                  {"rest", "no-rest"},
                                                  {"job", "job_01jd0000000000000000000000"},
                                                  {"ticket", "upl_01jd0000000000000000000000"},
                                                  {"provider", "nobody"}});
  std::string target = route.substr(route.find(' ') + 1);
  for (const auto& [name, value] : values) {
    const auto at = target.find("{" + name + "}");
    if (at != std::string::npos) target.replace(at, name.size() + 2, value);
  }
  return target;
}

std::string method_of(const std::string& route) {
  return route.substr(0, route.find(' '));
}

Headers bearer(const std::string& key) {
  return {{"Authorization", "Bearer " + key}};
}

// The routes that say that they answer so.
std::vector<std::string> routes_with(int status) {
  std::vector<std::string> routes;
  for (const auto& [route, documented] : DocumentedApi::instance().documented()) {
    if (documented == status) routes.push_back(route);
  }
  return routes;
}

std::string key_of(RunningServer& server, const std::string& name, const std::vector<std::string>& options) {
  std::vector<std::string> arguments{"keys", "create", "--name", name};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const std::string made = server.process().run(arguments).out;
  return made.substr(0, made.size() - 1);
}

std::string ticket_of(RunningServer& server) {
  const HttpResponse made = server.api("POST", "/v1/uploads", R"({"user_id":"ana"})");
  return server.path_of({{"url", made.json().at("upload_url")}});
}

// Without a key, and with one whose scope is another.
void provoke_refusals_of_keys(RunningServer& server) {
  const std::string admin = key_of(server, "admin", {"--scope", "admin"});
  const std::string reader = key_of(server, "reader", {"--scope", "read"});
  for (const auto& route : routes_with(401)) server.send({method_of(route), target_of(route)});
  for (const auto& route : routes_with(403)) {
    const bool is_signed = route.find("/hosted/") != std::string::npos || route.find("{ticket}") != std::string::npos;
    const std::string& key = route.ends_with("/limits") || route.ends_with("/cleanup") ? reader : admin;
    const std::string query = is_signed ? "?exp=9999999999&sig=" + std::string(43, 'A') : "";
    server.send({method_of(route), target_of(route) + query, bearer(key)});
  }
}

// What is no user, no JSON, no value of a parameter; and what is not there.
void provoke_bad_and_missing(RunningServer& server) {
  for (const auto& route : routes_with(400)) {
    if (route.find("{ticket}") != std::string::npos) continue;  // below
    std::string target = target_of(route, {{"user", "-nobody"}});
    if (route == "POST /v1/images/upload") target += "?visibility=odd";
    if (route == "POST /v1/admin/cleanup") target += "?dry_run=perhaps";
    server.api(method_of(route), target, "no JSON");
  }
  for (const auto& route : routes_with(404)) {
    if (route.find("/images/generate") == std::string::npos && route.find("/images/import") == std::string::npos)
      server.api(method_of(route), target_of(route), R"({"version":1,"user_id":"ana","id":")" + missing_id + R"("})");
  }
}

void provoke_rates() {
  RunningServer server(Environment{{"RATE_LIMIT_SERVE", "1/hour"}, {"RATE_LIMIT_WRITE", "1/hour"}});
  const json::object image = server.uploaded(png(1), "ana");
  server.get(server.path_of(image));
  server.send({"PUT", target_of("PUT /v1/uploads/{ticket}")});  // counted by address
  for (const auto& route : routes_with(429)) {
    if (route.find("{ticket}") != std::string::npos)
      server.send({method_of(route), target_of(route)});
    else
      server.api(method_of(route), target_of(route));
  }
}

// Images under their own URL and under their names.
void provoke_reading(RunningServer& server) {
  for (const std::string& name : {std::string(), std::string("hero"), std::string("hero/two")}) {
    const std::string query = name.empty() ? "" : "&collection=trip&name=" + name;
    const json::object image = server.uploaded(png(static_cast<std::uint32_t>(name.size())), "ana", query);
    const std::string path = name.empty() ? server.path_of(image) : "/v1/images/hosted/ana/trip/" + name;
    server.get(path);
    server.get(path, {{"Range", "bytes=0-3"}});
    server.get(path, {{"Range", "bytes=0-3,10-12"}});
    server.get(path, {{"If-None-Match", "*"}});
    server.get(path, {{"If-Match", "\"another\""}});
    server.get(path, {{"Range", "bytes=9999-"}});
    server.head(path);
  }
}

// As long as nobody knows of the damage a restored image is damaged too.
void provoke_damage(RunningServer& server) {
  for (const std::string& name : {std::string(), std::string("hero"), std::string("hero/two")}) {
    const std::string query = name.empty() ? "" : "&collection=worn&name=" + name;
    const json::object image = server.uploaded(png(static_cast<std::uint32_t>(50 + name.size())), "bea", query);
    const std::string path = server.path_of(image);
    write_file(server.process().images() / path.substr(path.find("bea/")), png(60));
    server.get(name.empty() ? path : "/v1/images/hosted/bea/worn/" + name);
    server.api("DELETE", "/v1/images/bea/" + text(image, "id"));
    server.api("POST", "/v1/images/bea/" + text(image, "id") + "/restore");
  }
}

void provoke_managing(RunningServer& server) {
  const json::object first = server.uploaded(png(30), "ana", "&collection=album&name=one");
  server.uploaded(png(31), "ana", "&collection=album&name=one/two");
  const std::string image = "/v1/images/ana/" + text(first, "id"), names = "/v1/users/ana/collections";
  server.get("/openapi.json");
  server.api("GET", image);
  server.api("POST", image + "/pin");
  server.api("POST", image + "/unpin");
  server.api("DELETE", image);
  server.api("POST", image + "/restore");
  server.api("DELETE", image);
  server.uploaded(png(30), "ana", "&collection=album&name=one");
  server.api("POST", image + "/restore");  // 409: it lives again
  server.api("POST", "/v1/images/sign", json::serialize(json::object{{"user_id", "ana"}, {"id", first.at("id")}}));
  const json::object other = server.uploaded(png(32), "ana");
  server.api("POST", "/v1/images/sign", json::serialize(json::object{{"user_id", "ana"}, {"id", other.at("id")}}));
  for (const std::string& path :
       {names, names + "/album", names + "/album/one", names + "/album/one/two", names + "/album/one/versions",
        names + "/album/one/two/versions", std::string("/v1/users/ana/images"), std::string("/v1/users/ana/usage"),
        std::string("/healthz"), std::string("/readyz"), std::string("/metrics")})
    server.api("GET", path);
  server.api("POST", names + "/album/one/current", R"({"version":2})");
  server.api("POST", names + "/album/one/two/current", R"({"version":1})");
  server.api("PUT", "/v1/users/ana/limits", R"({"images":100,"bytes":null})");
  server.api("POST", "/v1/tokens", R"({"user_id":"ana"})");
  server.api("POST", "/v1/admin/cleanup?older_than=0&user=ana");
  server.api("DELETE", names + "/album");
  server.api("DELETE", "/v1/users/ana");
}

// Of one image in one request: an upload, and what is sent to upload URLs.
void provoke_uploads(RunningServer& server) {
  for (const std::string method : {"KEY", "PUT", "POST"}) {
    const bool has_key = method == "KEY";
    const std::string path = has_key ? "/v1/images/upload" : ticket_of(server);
    const auto send = [&](const std::string& body, Headers headers = {}) {
      if (has_key) headers.push_back(with_key.front());
      return server.send({has_key ? "POST" : method, path, headers, body});
    };
    const std::uint32_t number = 70 + static_cast<std::uint32_t>(method[1]);
    send("no image");
    send(png(number).substr(0, 60));
    send("", {{"Content-Length", "99999999999"}});
    send(png(number), {{"Content-Type", "multipart/form-data"}});
    send(png(number));
    send(png(number));
    send(png(number + 1));

    HttpRequest bodiless{has_key ? "POST" : method, path, has_key ? with_key : Headers()};
    HttpClient client = server.new_client();
    client.connect();
    client.write(bodiless.method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
                 (has_key ? "Authorization: Bearer " + known_key + "\r\n" : "") + "\r\n");
    CHECK(DocumentedApi::instance().check(bodiless, client.read_response()) == Complaints());
  }
}

void provoke_generating(GeneratingServer& at) {
  at.generate("first");
  at.generate("large", {{"Content-Length", "99999999"}});
  at.replicate.fail_creates({input_rejected("aspect_ratio")});
  at.generate("rejected");
  at.replicate.script_next({.final_status = "failed", .error = "NSFW"});
  at.generate("failed");
  const json::object job = at.promised("one");
  at.ended_job(text(job, "job_id"));
  at.generate(json::value{{"items", {{{"prompt", "a"}}, {{"prompt", "b"}}}}});
  at.server.api("GET", "/v1/jobs?ids=" + text(job, "job_id"));
  at.server.api("GET", "/v1/jobs?batch=batch_none");
}

void provoke_importing(GeneratingServer& at) {
  const std::string url = at.replicate.host({.bytes = png(80)});
  at.import(json::value{{"url", url}});
  at.import(json::value{{"url", url}});
  at.import(json::value{{"url", at.replicate.host({.bytes = png(81)})}}, {{"Prefer", "respond-async"}});
  at.import(json::value{{"items", {{{"url", url}}, {{"url", "nonsense"}}}}});
  at.import(json::value{{"url", at.replicate.host({.bytes = "no image"})}});
  at.import(json::value{{"url", at.replicate.host({.bytes = png(82).substr(0, 60)})}});
  at.import(json::value{{"url", at.replicate.base_url() + "/nothing-here"}});
  at.import(json::value{{"url", url}}, {{"Content-Length", "999999999"}});
  at.server.api("GET", "/v1/resolve?url=" + url);
  at.server.api("GET", "/v1/resolve?redirect=1&url=" + url);
  at.server.api("GET", "/v1/resolve?url=" + url + "-of-nothing");
  Gate fetching;
  LoopbackServer slow([&](const ServedRequest&) {
    fetching.pass();
    return answer(200, png(83));
  });
  at.import(json::value{{"url", slow.url("/pending.png")}}, {{"Prefer", "respond-async"}});
  at.server.api("GET", "/v1/resolve?url=" + slow.url("/pending.png"));
  fetching.open();
}

void provoke_webhooks(GeneratingServer& at) {
  at.generated("one");
  const auto post = [&](const std::string& body) {
    const Webhook webhook{.body = body, .secret = at.replicate.webhook_secret()};
    const auto sent = std::to_string(webhook.sent_at.time_since_epoch().count());
    const Headers headers{
        {"webhook-id", webhook.id}, {"webhook-timestamp", sent}, {"webhook-signature", webhook_signature(webhook)}};
    at.server.send({"POST", "/v1/webhooks/replicate", headers, body});
  };
  post("{}");
  post("no JSON");
  at.server.send({"POST", "/v1/webhooks/replicate", {}, "{}"});
}

void provoke_unreachable_provider() {
  RunningServer server(
      Environment{{"REPLICATE_API_TOKEN", "r8_fake"}, {"REPLICATE_BASE_URL", "http://127.0.0.1:1/v1"}});
  const Webhook webhook{.body = "{}", .secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  server.send({"POST",
               "/v1/webhooks/replicate",
               {{"webhook-id", webhook.id},
                {"webhook-timestamp", std::to_string(webhook.sent_at.time_since_epoch().count())},
                {"webhook-signature", webhook_signature(webhook)}},
               "{}"});
}

void make_one_in_every_way(RunningServer& server, const std::vector<std::string>& tickets) {
  server.api("POST", "/v1/images/generate", R"({"prompt":"x","user_id":"ana"})");
  server.api("POST", "/v1/images/import",
             json::serialize(json::object{{"user_id", "ana"}, {"url", "data:image/png;base64,iVBORw0KGgo="}}));
  server.upload(png(90), "ana");
  server.send({"PUT", tickets.at(0), {}, png(90)});
  server.send({"POST", tickets.at(1), {}, png(90)});
}

void provoke_want_of_room() {
  RunningServer server(Environment{{"IMAGE_PER_USER_LIMIT", "1"}, {"IMAGE_USER_LIMIT_POLICY", "reject"}});
  const std::vector<std::string> tickets{ticket_of(server), ticket_of(server)};
  server.uploaded(png(1), "ana");
  make_one_in_every_way(server, tickets);  // 409
  server.process().environment()["IMAGE_MIN_FREE_BYTES"] = "1000000000000000";
  server.process().restart();
  server.get("/readyz");
  make_one_in_every_way(server, tickets);  // 507
  server.process().environment().erase("IMAGE_MIN_FREE_BYTES");
  damage(server, "daily_counters_by_user");
  REQUIRE(eventually([&] { return server.get("/readyz").status == 503; }));
  make_one_in_every_way(server, tickets);  // 503
}

void provoke_lateness_and_no_hosting() {
  GeneratingServer at(Environment{
      {"PROVIDER_TIMEOUT_SECONDS", "1"}, {"DOWNLOAD_TIMEOUT_SECONDS", "1"}, {"IMAGE_HOSTING_ENABLED", "false"}});
  at.generate("not hosted");
  at.replicate.script_next({.duration = std::chrono::hours(1)});
  at.generate("late");
  at.import(json::value{
      {"url",
       at.replicate.host({.bytes = png(1, 64, 64), .drip_bytes = 10, .drip_pause = std::chrono::milliseconds(100)})}});
}

TEST_CASE("every status that the OpenAPI document says of a route comes and is as it says") {
  {
    GeneratingServer at;
    provoke_refusals_of_keys(at.server);
    provoke_bad_and_missing(at.server);
    provoke_reading(at.server);
    provoke_damage(at.server);
    provoke_uploads(at.server);
    provoke_generating(at);
    provoke_importing(at);
    provoke_webhooks(at);
    provoke_managing(at.server);
  }
  provoke_rates();
  provoke_want_of_room();
  provoke_unreachable_provider();
  provoke_lateness_and_no_hosting();

  for (const auto& [route, status] : DocumentedApi::instance().documented()) {
    INFO(route << " " << status);
    const bool has_come = DocumentedApi::instance().seen().contains({route, status});
    CHECK(has_come != rare.contains({route, status}));
  }
}

TEST_CASE("the OpenAPI document comes as it lies in the tree to everybody and to pages of every site") {
  RunningServer server;
  const HttpResponse response = server.get("/openapi.json", {{"Origin", "https://app.example.org"}});
  CHECK(response.status == 200);
  CHECK(response.header("Content-Type") == "application/json");
  CHECK(response.header("Access-Control-Allow-Origin") == "*");
  CHECK(response.json() == DocumentedApi::instance().schemas().document());
}

}  // namespace
}  // namespace lightfast::test
