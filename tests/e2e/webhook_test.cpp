// Webhooks: ours, to callers whose jobs have ended, and the provider's, to us.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const std::string signing_key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// Takes webhooks, and answers the first ones with the statuses given, later ones with 200.
class Receiver {
 public:
  explicit Receiver(std::vector<int> statuses = {})
      : statuses_(std::move(statuses)), server_([this](const ServedRequest& request) { return take(request); }) {}

  std::string url() const { return server_.url("/hook?token=a%2Bb"); }
  std::vector<ServedRequest> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  // Waits for so many; fewer where they don't come.
  std::vector<ServedRequest> await(std::size_t count) const {
    eventually([&] { return received().size() >= count; },
               std::chrono::seconds(60));  // one that was cut off is due after 20 s
    return received();
  }

 private:
  ServedAnswer take(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    received_.push_back(request);
    return answer(received_.size() <= statuses_.size() ? statuses_[received_.size() - 1] : 200, "thanks");
  }

  mutable std::mutex mutex_;
  std::vector<int> statuses_;
  std::vector<ServedRequest> received_;
  LoopbackServer server_;
};

bool is_signed(const ServedRequest& request) {
  const std::chrono::sys_seconds sent_at(std::chrono::seconds(std::stoll(request.headers.at("webhook-timestamp"))));
  const Webhook webhook{
      .id = request.headers.at("webhook-id"), .sent_at = sent_at, .body = request.body, .secret = signing_key};
  return request.headers.at("webhook-signature") == webhook_signature(webhook);
}

TEST_CASE("webhook: the caller's gets the job's JSON when it ends, signed") {
  GeneratingServer it(Environment{{"URL_SIGNING_KEYS", signing_key + ",an-older-one"}});
  Receiver receiver;
  const json::object image = it.generated(json::value{{"prompt", "a pier"}, {"webhook_url", receiver.url()}});
  it.replicate.script_next({.final_status = "failed", .error = "NSFW"});
  it.generate(json::value{{"prompt", "x"}, {"webhook_url", receiver.url()}});
  const auto received = receiver.await(2);
  REQUIRE(received.size() == 2);
  for (const ServedRequest& request : received) {
    CHECK(request.method == "POST");
    CHECK(request.target == "/hook?token=a%2Bb");
    CHECK(request.headers.at("content-type") == "application/json");
    CHECK(is_signed(request));
    const json::object job = json::parse(request.body).as_object();
    CHECK(request.headers.at("webhook-id") == text(job, "job_id"));
    CHECK(it.job(text(job, "job_id")) == job);
    const bool succeeded = text(job, "status") == "succeeded";
    if (succeeded) CHECK(job.at("image").at("id") == image.at("id"));
    if (!succeeded) CHECK(text(job.at("error").as_object(), "code") == "provider_failed");
  }
  CHECK(received[0].headers.at("webhook-id") != received[1].headers.at("webhook-id"));
}

TEST_CASE("webhook: is sent for each item and for imports, and not to where downloads may not go") {
  GeneratingServer it(Environment{{"URL_SIGNING_KEYS", signing_key}});
  Receiver receiver;
  const json::value item = {{"prompt", "a pier"}, {"webhook_url", receiver.url()}};
  const json::value forbidden = {{"prompt", "x"}, {"webhook_url", "http://127.0.0.2:1/"}};
  CHECK(it.generate(json::value{{"items", {forbidden, item, item}}}).status == 202);
  const std::string source = it.replicate.host({.bytes = png(77)});
  CHECK(it.import({{"url", source}, {"webhook_url", receiver.url()}}).status == 201);
  CHECK(receiver.await(3).size() == 3);
}

TEST_CASE("webhook: is sent for images that came as data: URIs, whatever became of them") {
  GeneratingServer it(Environment{{"URL_SIGNING_KEYS", signing_key}});
  Receiver receiver;
  const auto import = [&](const std::string& bytes) {
    return it.import({{"url", "data:;base64," + to_base64(bytes)}, {"webhook_url", receiver.url()}});
  };
  const HttpResponse first = import(png(1));
  REQUIRE(first.status == 201);
  CHECK(import(png(1)).status == 200);
  CHECK(import("no image").status == 415);
  const auto received = receiver.await(3);
  REQUIRE(received.size() == 3);
  int failed = 0;
  for (const ServedRequest& request : received) {
    CHECK(is_signed(request));
    const json::object job = json::parse(request.body).as_object();
    CHECK(it.job(text(job, "job_id")) == job);
    if (text(job, "status") == "failed") {
      ++failed;
      CHECK(text(job.at("error").as_object(), "code") == "unsupported_image");
    } else {
      CHECK(job.at("image").at("id") == first.json().at("id"));
      CHECK(it.server.get(it.server.path_of(job)).body == png(1));
    }
  }
  CHECK(failed == 1);
  CHECK(it.server.image_files().size() == 1);
}

TEST_CASE("webhook: is tried again after an error, under the same id, and survives a restart") {
  GeneratingServer it(Environment{{"URL_SIGNING_KEYS", signing_key}});
  Receiver receiver({500, 302});
  it.generated(json::value{{"prompt", "a pier"}, {"webhook_url", receiver.url()}});
  REQUIRE(receiver.await(1).size() == 1);
  it.server.process().kill();
  it.server.process().start();
  const auto received = receiver.await(2);
  REQUIRE(received.size() == 2);
  CHECK(received[0].headers.at("webhook-id") == received[1].headers.at("webhook-id"));
  CHECK(received[0].body == received[1].body);
  CHECK(is_signed(received[1]));
}

TEST_CASE("webhook: a receiver that never answers holds up nobody else's") {
  GeneratingServer it(Environment{{"URL_SIGNING_KEYS", signing_key}});
  LoopbackServer silent([&](const ServedRequest&) {
    silent.hold();
    return answer(200, "");
  });
  Receiver receiver;
  json::array items;
  for (int i = 0; i < 5; ++i) items.push_back({{"prompt", "x"}, {"webhook_url", silent.url("/")}});
  it.generate(json::value{{"items", items}});
  REQUIRE(eventually([&] { return silent.requests() == 5; }));
  it.generated(json::value{{"prompt", "a pier"}, {"webhook_url", receiver.url()}});
  CHECK(receiver.await(1).size() == 1);
}

// With Prefer: wait in vain the polling has reached its longest pauses; a webhook cuts them short.
TEST_CASE("webhook: the provider's, signed, makes us ask at once while replays and strangers' change nothing") {
  GeneratingServer it;
  it.replicate.script({.statuses = std::vector<std::string>(1000, "processing")});
  const json::object promise = it.promised();
  REQUIRE(eventually([&] { return it.replicate.polls() == 4; }));  // the next pause is 2.5 s long
  const std::string id = it.replicate.ids().front();
  const int port = it.server.process().port();
  const auto send = [&](Webhook webhook) { return send_webhook(webhook, port, "/v1/webhooks/replicate"); };

  it.replicate.set_status(id, "succeeded");
  const Webhook genuine = it.replicate.webhook_of(id);
  Webhook forged = genuine;
  forged.signature = "v1," + to_base64(std::string(32, 'x'));
  check_problem(send(forged), 401, "unauthorized");
  Webhook changed = genuine;
  changed.signature = webhook_signature(genuine);
  changed.body += " ";
  check_problem(send(changed), 401, "unauthorized");
  Webhook old = genuine;
  old.sent_at -= 10min;
  check_problem(send(old), 401, "unauthorized");
  Webhook early = genuine;
  early.sent_at += 10min;
  check_problem(send(early), 401, "unauthorized");
  check_problem(it.server.send({.method = "POST", .target = "/v1/webhooks/replicate", .body = genuine.body}), 401,
                "unauthorized");
  CHECK(it.replicate.polls() == 4);

  CHECK(send(genuine).status == 200);
  const json::object job = it.ended_job(text(promise, "job_id"));
  CHECK(text(job, "status") == "succeeded");
  CHECK(it.replicate.polls() == 5);
  CHECK(send(genuine).status == 200);
  Webhook stranger = genuine;
  stranger.body = R"({"id":"nobodysprediction","status":"succeeded","output":["https://example.com/x.png"]})";
  CHECK(send(stranger).status == 200);
  CHECK(it.job(text(promise, "job_id")) == job);
  CHECK(it.server.image_files().size() == 1);
  CHECK(it.replicate.polls() == 5);
}

TEST_CASE("webhook: none is taken for providers that send none") {
  GeneratingServer it;
  const Webhook webhook{.body = "{}", .secret = signing_key};
  for (const char* provider : {"sample", "nobody"}) {
    const HttpResponse response =
        send_webhook(webhook, it.server.process().port(), std::string("/v1/webhooks/") + provider);
    check_problem(response, 404, "not_found");
  }
}

std::string head_of_webhook(const std::string& length, std::chrono::seconds age = 0s) {
  const auto sent_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - age;
  return "POST /v1/webhooks/replicate HTTP/1.1\r\nHost: a\r\n" + length +
         "\r\nwebhook-id: msg_1\r\nwebhook-signature: v1,AAAA\r\nwebhook-timestamp: " +
         std::to_string(sent_at.time_since_epoch().count()) + "\r\n\r\n";
}

TEST_CASE("webhook: what its head shows to be none of the provider's is refused before the body has come") {
  GeneratingServer it;
  const auto status_of = [&](const std::string& head) {
    RawHttpClient client(it.server.port());
    client.send(head);
    return first_status(client.receive_until("\r\n\r\n"));
  };
  CHECK(status_of(head_of_webhook("Content-Length: 1000000", 10min)) == 401);
  CHECK(status_of(head_of_webhook("Content-Length: 5000000")) == 413);
  const std::string unsigned_head = "HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  CHECK(status_of("POST /v1/webhooks/replicate " + unsigned_head) == 401);
  CHECK(status_of("POST /v1/webhooks/sample " + unsigned_head) == 404);
}

TEST_CASE("webhook: bodies that never end hold 64 MiB together and no more") {
  GeneratingServer it;
  it.generated("a lighthouse");
  const Webhook genuine = it.replicate.webhook_of(it.replicate.ids().front());
  const auto send = [&] { return send_webhook(genuine, it.server.port(), "/v1/webhooks/replicate"); };
  REQUIRE(send().status == 200);
  {
    std::vector<RawHttpClient> strangers;
    const auto fills = [&](const char* length) {
      strangers.emplace_back(it.server.port());
      strangers.back().send(head_of_webhook(length));
      return send().status == 503;
    };
    // 16 fill it, and another where one came while a genuine one still held its share.
    REQUIRE(eventually([&] { return fills("Content-Length: 4194304") || fills("Transfer-Encoding: chunked"); }));
    const HttpResponse refused = send();
    check_problem(refused, 503, "overloaded");
    CHECK(refused.header("Retry-After") == "1");
  }
  CHECK(eventually([&] { return send().status == 200; }));
}

TEST_CASE("webhook: the provider is told ours where it may be reached by https, and only there") {
  GeneratingServer it(Environment{{"PUBLIC_BASE_URL", "https://images.example.com"}});
  it.generated();
  const json::object sent = it.replicate.create_body(it.replicate.ids().front());
  CHECK(text(sent, "webhook") == "https://images.example.com/v1/webhooks/replicate");
  GeneratingServer local;
  local.generated();
  CHECK_FALSE(local.replicate.create_body(local.replicate.ids().front()).contains("webhook"));
}

}  // namespace
}  // namespace lightfast::test
