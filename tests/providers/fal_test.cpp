#include "server/providers/fal.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "server/providers/fal_wire.h"
#include "server/providers/patience.h"
#include "server/providers/webhook_verifier.h"
#include "tests/support/catch_result.h"
#include "tests/support/fake_fal.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_task.h"

namespace lightfast::providers {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using test::run_task;

struct Bench {
  test::FakeFal fake;
  test::ManualClock clock;
  Sleep brief = [](std::chrono::milliseconds) -> Task<> { co_return; };
  HttpClient client{{}};
  FalApi api{fake.queue_url(), fake.run_url(), fake.rest_url(), fake.key()};
  Fal fal{api, client, clock};

  GenerationRequest request(std::string input = "{}") {
    return {.model = "fal-ai/flux/dev", .prompt = "cat", .input = std::move(input), .deadline = clock.now() + 60s};
  }
  Prediction run_to_end(std::string input = "{}") {
    const CreateOutcome outcome = run_task(fal.create(request(std::move(input))));
    INFO(outcome.error.detail);
    REQUIRE(outcome.prediction);
    return run_task(poll_patiently(fal, *outcome.prediction, {clock, brief, clock.now() + 60s})).value();
  }
  std::int64_t unix_now() { return std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count(); }
};

test::Fault result_of(int status, std::string body, const std::string& headers = "") {
  return {.status = status, .body = std::move(body), .headers = "Content-Type: application/json\r\n" + headers};
}

TEST_CASE("fal: a request is queued, asked for until it has ended, and its bare output read") {
  Bench bench;
  bench.fake.script({.polls = 3});
  const Prediction made = bench.run_to_end(R"({"image_size":"square"})");
  CHECK(made.state == Prediction::State::succeeded);
  CHECK(made.id == bench.fake.last_id());
  CHECK(json::parse(made.details) == json::parse(R"({"seed":42,"seconds":1.25,"nsfw":[false]})"));
  REQUIRE(bench.fake.makes().size() == 1);
  CHECK(bench.fake.makes()[0].target == "/queue/fal-ai/flux/dev");
  CHECK(json::parse(bench.fake.makes()[0].body) == json::parse(R"({"image_size":"square","prompt":"cat"})"));
}

TEST_CASE("fal: sync_mode is called straight, and its data URI is the image") {
  Bench bench;
  const Prediction made = bench.run_to_end(R"({"sync_mode":true})");
  CHECK(made.outputs.at(0).url.starts_with("data:image/png;base64,"));
  CHECK(made.id == "run-1");
  CHECK(bench.fake.makes().at(0).target == "/run/fal-ai/flux/dev");
  CHECK(bench.fake.requests().size() == 1);
}

TEST_CASE("fal: of a request that is queued its addresses are no outputs, whatever its status is called") {
  HttpAnswer answer;
  answer.status = 200;
  answer.body =
      R"({"request_id":"r1","status":"SOME_NEW_WORD","status_url":"https://queue.fal.run/a/b/requests/r1/status",
    "response_url":"https://queue.fal.run/a/b/requests/r1"})";
  const auto queued = fal::read_create({}, answer, "a/b/c", Timestamp{}).prediction;
  REQUIRE(queued);
  CHECK(queued->state == Prediction::State::running);
  CHECK(queued->poll_url == "https://queue.fal.run/a/b/requests/r1/status");
  answer.body = R"({"status":"IN_QUEUE"})";
  CHECK(fal::read_create({}, answer, "a/b/c", Timestamp{}).may_be_accepted);
}

TEST_CASE("fal: a model that fails says so in its result, its input's fault told apart") {
  Bench bench;
  const auto failed = [&](test::Fault result) {
    bench.fake.script({.result = std::move(result)});
    const Prediction ended = bench.run_to_end();
    REQUIRE(ended.state == Prediction::State::failed);
    CHECK(ended.error->members.at(0).second == bench.fake.last_id());
    return *ended.error;
  };
  const Error rejected = failed(result_of(422, R"({"detail":[{"loc":["body","prompt"],"msg":"field required"}]})"));
  CHECK(rejected.code == Errc::provider_rejected);
  CHECK(rejected.detail.find("field required") != std::string::npos);
  CHECK(failed(result_of(500, R"({"detail":"CUDA out of memory"})")).code == Errc::provider_failed);
  CHECK(failed(result_of(504, "", "X-Fal-Error-Type: request_timeout\r\n")).code == Errc::provider_failed);
}

TEST_CASE("fal: a gateway's trouble is asked again, not taken for the model's") {
  for (const int status : {502, 503, 429, 401}) {
    HttpAnswer answer;
    answer.status = status;
    CHECK_FALSE(fal::read_result(answer, "x", Timestamp{}).has_value());
  }
}

TEST_CASE("fal: images that the safety check blacked out are none") {
  Bench bench;
  const std::string a = "https://v3.fal.media/files/a.png", b = "https://v3.fal.media/files/b.png";
  bench.fake.script({.output = {{"images", {{{"url", a}}, {{"url", b}}}}, {"has_nsfw_concepts", {true, false}}}});
  const Prediction some = bench.run_to_end();
  REQUIRE(some.outputs.size() == 1);
  CHECK(some.outputs[0].url == b);
  bench.fake.script({.output = {{"images", {{{"url", a}}}}, {"has_nsfw_concepts", {true}}}});
  const Prediction none = bench.run_to_end();
  CHECK(none.state == Prediction::State::failed);
  CHECK(none.error->detail.find("safety check") != std::string::npos);
  bench.fake.script({.output = {{"image", {{"url", a}}}}});
  CHECK(bench.run_to_end().outputs.at(0).url == a);
}

TEST_CASE("fal: blacked out images are told by their place though they are alike or name more than one URL") {
  Bench bench;
  const std::string black = "data:image/png;base64,AAAA", good = "https://v3.fal.media/files/b.png";
  const json::array images{
      {{"url", black}}, {{"url", good}, {"preview", good + "?small"}}, {{"url", black}}, {{"url", black}}};
  bench.fake.script({.output = {{"images", images}, {"has_nsfw_concepts", {true, false, true, true}}}});
  const Prediction some = bench.run_to_end();
  REQUIRE_FALSE(some.outputs.empty());
  CHECK(some.outputs.front().url == good);
  for (const auto& output : some.outputs) CHECK(output.url != black);
  bench.fake.script({.output = {{"images", {images[0], images[2]}}, {"has_nsfw_concepts", {true, true}}}});
  const Prediction none = bench.run_to_end();
  CHECK(none.outputs.empty());
  REQUIRE(none.error);
  CHECK(none.error->detail.find("safety check") != std::string::npos);
}

TEST_CASE("fal: the key is shown only where the settings say, whatever addresses an answer names") {
  Bench bench;
  test::LoopbackServer elsewhere([](const test::ServedRequest&) { return test::answer(200, "{}"); });
  bench.fake.script({.status_url = elsewhere.url("/requests/x/status")});
  CHECK(bench.run_to_end().state == Prediction::State::succeeded);
  const auto polled = run_task(bench.fal.poll("x", elsewhere.url("/requests/x/status")));
  CHECK(polled->state == Prediction::State::failed);
  HttpAnswer status;
  status.status = 200;
  status.body = R"({"status":"COMPLETED","response_url":")" + elsewhere.url("/x") + "\"}";
  CHECK(fal::result_call(bench.api, bench.fake.queue_url() + "/a/b/requests/x/status", status)->url ==
        bench.fake.queue_url() + "/a/b/requests/x");
  CHECK(elsewhere.requests() == 0);
}

TEST_CASE("fal: a webhook is asked for only where it can be called, and models are endpoints") {
  const FalApi api;
  GenerationRequest request{.model = "fal-ai/flux/dev", .prompt = "cat", .webhook_url = "https://h/v1/webhooks/fal"};
  CHECK(fal::create_call(api, request, {})->url ==
        "https://queue.fal.run/fal-ai/flux/dev?fal_webhook=https%3A%2F%2Fh%2Fv1%2Fwebhooks%2Ffal");
  request.webhook_url = "http://localhost/v1/webhooks/fal";
  CHECK(fal::create_call(api, request, {})->url == "https://queue.fal.run/fal-ai/flux/dev");
  CHECK(find_header(fal::create_call(api, request, {})->headers, "Authorization") == "Key ");
  for (const char* model : {"flux", "a//b", "../x/y", "a/..", "a/b?c", "https://evil/x", "a/b/"}) {
    request.model = model;
    CHECK(fal::create_call(api, request, {}).error().code == Errc::invalid_request);
  }
}

TEST_CASE("fal: its webhooks are believed by its public keys, fresh ones only") {
  Bench bench;
  WebhookVerifier verifier(bench.clock);
  const std::string body = R"({"request_id":"r1","gateway_request_id":"r1","status":"OK","payload":{}})";
  const auto heard = [&](const HttpHeaders& headers, const std::string& said) {
    return run_task(verifier.verify(bench.fal, headers, said));
  };
  const std::int64_t now = bench.unix_now();
  CHECK(heard(bench.fake.sign("r1", body, now), body).value() == "r1");
  CHECK(heard(bench.fake.sign("r1", body, now), body + " ").error().code == Errc::unauthorized);
  CHECK(heard(bench.fake.sign("r1", body, now - 301), body).error().code == Errc::unauthorized);
  CHECK(heard(bench.fake.sign("r1", body, now + 301), body).error().code == Errc::unauthorized);
  HttpHeaders other = bench.fake.sign("r1", body, now);
  other[0].second = "r2";
  CHECK(heard(other, body).error().code == Errc::unauthorized);
  CHECK(heard({}, body).error().code == Errc::unauthorized);
  const test::FakeFal stranger;
  CHECK(heard(stranger.sign("r1", body, now), body).error().code == Errc::unauthorized);
  const auto fetched = bench.fake.requests().size();
  CHECK(fetched == 1);
  bench.clock.advance(24h);
  CHECK(heard(bench.fake.sign("r1", body, bench.unix_now()), body));
  CHECK(bench.fake.requests().size() == fetched + 1);
}

}  // namespace
}  // namespace lightfast::providers
