// The fake Replicate itself: that it does on the wire what scripts ask of it.
#include "tests/support/fake_replicate.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/fixture_images.h"
#include "tests/support/http_client.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

int port_of(const FakeReplicate& replicate) {
  const std::string url = replicate.base_url();
  return std::stoi(url.substr(url.rfind(':') + 1));
}

struct Caller {
  explicit Caller(const FakeReplicate& replicate) : client(port_of(replicate)), token("Bearer " + replicate.token()) {}

  HttpResponse create(const Headers& extra = {}) {
    HttpRequest request{"POST",
                        "/v1/models/black-forest-labs/flux-schnell/predictions",
                        {{"Authorization", token}, {"Content-Type", "application/json"}},
                        R"({"input":{"prompt":"cat"}})"};
    request.headers.insert(request.headers.end(), extra.begin(), extra.end());
    return client.send(request);
  }
  HttpResponse get(const std::string& target) { return client.get(target, {{"Authorization", token}}); }
  json::object prediction(const std::string& id) { return get("/v1/predictions/" + id).json().as_object(); }
  HttpResponse fetch(const json::value& url) {
    const std::string text(url.as_string());
    return client.get(text.substr(text.find("/xezq/")));
  }

  HttpClient client;
  std::string token;
};

std::string member(const json::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

TEST_CASE("fake replicate: a create that waits is answered with its output, and the file is there") {
  FakeReplicate replicate;
  Caller caller(replicate);
  const HttpResponse response = caller.create({{"Prefer", "wait"}});
  CHECK(response.status == 201);
  const json::object prediction = response.json().as_object();
  CHECK(member(prediction, "status") == "succeeded");
  CHECK(member(prediction, "version") == "hidden");
  CHECK(response.header("Location") == replicate.base_url() + "/predictions/" + member(prediction, "id"));
  const HttpResponse file = caller.fetch(prediction.at("output").as_array().at(0));
  CHECK(file.status == 200);
  CHECK(file.body == png(1));
  CHECK(replicate.creates() == 1);
  CHECK(replicate.polls() == 0);
  CHECK(replicate.files().fetches() == 1);
  CHECK_FALSE(replicate.files().saw_authorization());
}

TEST_CASE("fake replicate: statuses are shown one a poll, then the end, and partial outputs grow") {
  FakeReplicate replicate;
  replicate.script({.statuses = {"starting", "processing"}, .partial_output = json::array{nullptr}});
  Caller caller(replicate);
  const HttpResponse created = caller.create({{"Prefer", "wait=5"}});
  CHECK(created.status == 202);
  const std::string id = member(created.json().as_object(), "id");
  CHECK(replicate.open_predictions() == 1);
  CHECK(member(created.json().as_object(), "status") == "starting");
  CHECK(member(caller.prediction(id), "status") == "processing");
  CHECK(member(caller.prediction(id), "status") == "succeeded");
  CHECK(member(caller.prediction(id), "status") == "succeeded");
  CHECK(replicate.polls() == 3);
  CHECK(replicate.open_predictions() == 0);
}

TEST_CASE("fake replicate: waiting in vain is told as starting") {
  FakeReplicate replicate;
  replicate.script({.duration = 1h});
  Caller caller(replicate);
  const HttpResponse response = caller.create({{"Prefer", "wait=1"}});
  CHECK(response.status == 202);
  const json::object prediction = response.json().as_object();
  CHECK(member(prediction, "status") == "starting");
  CHECK(prediction.at("output").is_null());
  CHECK(member(caller.prediction(member(prediction, "id")), "status") == "processing");
}

TEST_CASE("fake replicate: failed, canceled and aborted predictions end so") {
  FakeReplicate replicate;
  for (const char* status : {"failed", "canceled", "aborted", "something_new"}) {
    replicate.script_next({.final_status = status, .error = "NSFW content detected."});
    Caller caller(replicate);
    const json::object prediction = caller.create({{"Prefer", "wait"}}).json().as_object();
    CHECK(member(prediction, "status") == status);
    CHECK(prediction.at("output").is_null());
    CHECK(member(prediction, "error") == "NSFW content detected.");
  }
}

TEST_CASE("fake replicate: faults are taken one each, and nothing is accepted but by accept_then_reset") {
  FakeReplicate replicate;
  replicate.fail_creates({unauthenticated(), insufficient_credit(), input_rejected("prompt is required"), throttled(7),
                          throttled(std::nullopt, 30), server_error(503)});
  Caller caller(replicate);
  for (const int status : {401, 402, 422, 429, 429, 503}) CHECK(caller.create().status == status);
  CHECK(replicate.creates() == 0);

  replicate.fail_creates({connection_reset(), accepted_then_reset()});
  CHECK_THROWS_AS(Caller(replicate).create(), TransportError);
  CHECK(replicate.creates() == 0);
  CHECK_THROWS_AS(Caller(replicate).create(), TransportError);
  CHECK(replicate.creates() == 1);
  CHECK(replicate.create_requests() == 8);

  const HttpResponse all = caller.get("/v1/predictions");
  CHECK(all.json().at("results").as_array().size() == 1);
  CHECK(json::serialize(all.json().at("results").at(0).at("input")) == R"({"prompt":"cat"})");
}

TEST_CASE("fake replicate: polls may fail and be reset") {
  FakeReplicate replicate;
  Caller caller(replicate);
  const std::string id = member(caller.create().json().as_object(), "id");
  replicate.fail_polls({server_error(500), throttled(1), connection_reset()});
  CHECK(caller.get("/v1/predictions/" + id).status == 500);
  CHECK(caller.get("/v1/predictions/" + id).status == 429);
  CHECK_THROWS_AS(Caller(replicate).get("/v1/predictions/" + id), TransportError);
  CHECK(caller.get("/v1/predictions/" + id).status == 200);
}

TEST_CASE("fake replicate: files fail first, expire, are cut and mislabelled as asked") {
  FakeReplicate replicate;
  Caller caller(replicate);
  const auto host = [&](FakeFile file, const std::string& name = "out-0.png") {
    return json::value(replicate.host(std::move(file), name));
  };
  const json::value late = host({.bytes = png(1), .failing_fetches = 2, .failing_status = 403});
  CHECK(caller.fetch(late).status == 403);
  CHECK(caller.fetch(late).status == 403);
  CHECK(caller.fetch(late).status == 200);

  const json::value once = host({.bytes = png(1), .expires_after_fetches = 1});
  CHECK(caller.fetch(once).status == 200);
  CHECK(caller.fetch(once).status == 404);
  const json::value page = host({.expires_after = 0ms, .expired_status = 200, .expired_body = "<html>gone</html>"});
  CHECK(caller.fetch(page).body == "<html>gone</html>");

  CHECK_THROWS_AS(caller.fetch(host({.bytes = png(1), .cut_at = 50})), TransportError);
  CHECK_THROWS_AS(
      caller.fetch(host({.bytes = png(1), .cut_at = 50, .framing = FakeFile::Framing::chunked, .reset = true})),
      TransportError);
  CHECK(caller.fetch(host({.bytes = png(1), .framing = FakeFile::Framing::chunked})).body == png(1));
  const FakeFile silent{.bytes = png(1), .cut_at = 50, .framing = FakeFile::Framing::end_of_connection};
  CHECK(caller.fetch(host(silent)).body == png(1).substr(0, 50));

  CHECK(caller.fetch(host({.bytes = png(1), .content_type = std::nullopt})).count("Content-Type") == 0);
  CHECK(caller.fetch(host({.redirect_to = "http://127.0.0.1:1/x"})).header("Location") == "http://127.0.0.1:1/x");
  CHECK(caller.fetch(host({.bytes = png(1), .drip_bytes = 100, .drip_pause = 1ms})).body == png(1));

  const std::string exact(host({.bytes = png(1)}, "out.png?sig=a%2Bb/c+d").as_string());
  CHECK(caller.fetch(json::value(exact)).status == 200);
  std::string encoded = exact;
  encoded.replace(encoded.find("b/c"), 3, "b%2Fc");
  CHECK(caller.fetch(json::value(encoded)).status == 403);
}

TEST_CASE("fake replicate: an hour later everything is forgotten") {
  FakeReplicate replicate;
  Caller caller(replicate);
  const json::object prediction = caller.create({{"Prefer", "wait"}}).json().as_object();
  replicate.forget();
  CHECK(caller.fetch(prediction.at("output").at(0)).status == 404);
  const json::object later = caller.prediction(member(prediction, "id"));
  CHECK(later.at("output").is_null());
  CHECK(later.at("data_removed").as_bool());
}

TEST_CASE("fake replicate: predictions open at once are counted") {
  FakeReplicate replicate;
  replicate.script({.duration = 300ms});
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] { Caller(replicate).create({{"Prefer", "wait"}}); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(replicate.creates() == 20);
  CHECK(replicate.most_open_predictions() > 1);
  CHECK(replicate.open_predictions() == 0);
}

TEST_CASE("fake replicate: the webhook's signature is the one of the specification") {
  const Webhook webhook{.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        .sent_at = std::chrono::sys_seconds(std::chrono::seconds(1614265330)),
                        .body = R"({"test": 2432232314})",
                        .secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  CHECK(webhook_signature(webhook) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("fake replicate: cancel, deployments, versions and the secret") {
  FakeReplicate replicate;
  replicate.script({.statuses = {"starting", "processing", "processing"}});
  Caller caller(replicate);
  const std::string id = member(caller.create().json().as_object(), "id");
  const Headers key = {{"Authorization", caller.token}};
  CHECK(caller.client.send({"POST", "/v1/predictions/" + id + "/cancel", key}).status == 200);
  CHECK(member(caller.prediction(id), "status") == "canceled");
  CHECK(replicate.cancels() == 1);
  CHECK(caller.client.send({"POST", "/v1/deployments/me/mine/predictions", key, R"({"input":{}})"}).status == 202);
  CHECK(caller.client.send({"POST", "/v1/predictions", key, R"({"version":"abc","input":{}})"}).status == 202);
  CHECK(caller.client.send({"POST", "/v1/predictions", key, R"({"input":{}})"}).status == 422);
  CHECK(caller.get("/v1/webhooks/default/secret").json().at("key").as_string() == replicate.webhook_secret());
  CHECK(caller.client.get("/v1/predictions").status == 401);
  CHECK(caller.get("/v1/nothing").status == 404);
}

}  // namespace
}  // namespace lightfast::test
