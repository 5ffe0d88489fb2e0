#include "server/providers/replicate.h"

#include <catch2/catch.hpp>

#include "server/providers/patience.h"
#include "server/providers/registry.h"
#include "tests/support/catch_result.h"
#include "tests/support/loopback_server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_task.h"

namespace lightfast::providers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::answer;
using test::run_task;
using test::ServedAnswer;
using test::ServedRequest;

std::string prediction(const std::string& status, const std::string& output = "null",
                       const std::string& created_at = "2026-11-28T10:00:00Z") {
  return R"({"id":"p1","model":"a/b","version":"hidden","input":{"prompt":"cat"},"error":null,"output":)" + output +
         R"(,"status":")" + status + R"(","created_at":")" + created_at + "\"}";
}

const std::string done = prediction("succeeded", R"(["https://replicate.delivery/a.png"])");

// Answers in order, the last one for ever; remembers what it was asked.
class Script {
 public:
  explicit Script(std::vector<ServedAnswer> answers) : answers_(std::move(answers)) {}

  ServedAnswer next(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    return answers_[std::min(seen_.size(), answers_.size()) - 1];
  }
  void add(ServedAnswer served) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(served));
  }
  std::vector<ServedRequest> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<ServedAnswer> answers_;
  std::vector<ServedRequest> seen_;
};

struct Bench {
  explicit Bench(std::vector<ServedAnswer> answers) : script(std::move(answers)) {}

  Script script;
  test::LoopbackServer server{[this](const ServedRequest& request) { return script.next(request); }};
  test::ManualClock clock;
  std::vector<milliseconds> slept;
  Sleep sleep = [this](milliseconds time) -> Task<> {
    slept.push_back(time);
    clock.advance(time);
    co_return;
  };
  HttpClient client{{}};
  Replicate replicate{{server.url("/v1/"), "r8_TEST"}, client, clock};

  GenerationRequest request(seconds patience = seconds(300)) {
    GenerationRequest out;
    out.model = "a/b";
    out.prompt = "cat";
    out.deadline = clock.now() + patience;
    return out;
  }
  CreateOutcome create(seconds patience = seconds(300)) { return run_task(replicate.create(request(patience))); }
  Patience patience(seconds time) { return {clock, sleep, clock.now() + time}; }
};

const ServedAnswer throttled = answer(429, R"({"detail":"throttled"})", "Retry-After: 7\r\n");

TEST_CASE("a generation is asked for once and answered at once") {
  Bench bench({answer(201, done)});
  const CreateOutcome outcome = bench.create();
  REQUIRE(outcome.prediction.has_value());
  CHECK(outcome.prediction->outputs.at(0).url == "https://replicate.delivery/a.png");
  REQUIRE(bench.script.seen().size() == 1);
  CHECK(bench.script.seen()[0].target == "/v1/models/a/b/predictions");
  CHECK(bench.script.seen()[0].headers.at("prefer") == "wait=10");
  CHECK(bench.script.seen()[0].headers.at("authorization") == "Bearer r8_TEST");
}

TEST_CASE("the default model is asked where none is named") {
  Bench bench({answer(201, done)});
  GenerationRequest request = bench.request();
  request.model.clear();
  run_task(bench.replicate.create(request));
  CHECK(bench.script.seen()[0].target == "/v1/models/black-forest-labs/flux-schnell/predictions");
  CHECK(bench.replicate.check(request));
  request.model = "nonsense";
  CHECK(bench.replicate.check(request).error().code == Errc::invalid_request);
}

TEST_CASE("a call that was refused for its rate may be sent again after the time asked for, while it fits") {
  Bench bench({throttled});
  const CreateOutcome refused = bench.create();
  CHECK(refused.error.code == Errc::provider_unavailable);
  CHECK(refused.error.retry_after == seconds(7));
  CHECK_FALSE(refused.may_be_accepted);
  CHECK(bench.script.seen().size() == 1);
  const Timestamp now = bench.clock.now();
  CHECK(pause_before_retry(refused, 0, now, now + seconds(8)) == seconds(7));
  CHECK(pause_before_retry(refused, 9, now, now + seconds(8)) == seconds(7));
  CHECK_FALSE(pause_before_retry(refused, 0, now, now + seconds(7)));
}

TEST_CASE("a paid call is never sent again once it may have been accepted") {
  const ServedAnswer bad =
      GENERATE(answer(500, "x"), answer(503, "x", "Retry-After: 1\r\n"), answer(201, "garbage"),
               ServedAnswer{"", ServedAnswer::Then::close}, ServedAnswer{"", ServedAnswer::Then::reset},
               ServedAnswer{"HTTP/1.1 201 X\r\nContent-Length: 99\r\n\r\n{", ServedAnswer::Then::close});
  Bench bench({bad, answer(201, done)});
  const CreateOutcome outcome = bench.create();
  CHECK_FALSE(outcome.prediction.has_value());
  CHECK(outcome.may_be_accepted);
  CHECK_FALSE(pause_before_retry(outcome, 0, bench.clock.now(), bench.clock.now() + seconds(300)));
  CHECK(bench.script.seen().size() == 1);
  CHECK(bench.server.requests() == 1);
}

TEST_CASE("refused credentials and input are not tried again") {
  const int status = GENERATE(401, 402, 403, 404, 422);
  Bench bench({answer(status, "{}"), answer(201, done)});
  const CreateOutcome outcome = bench.create();
  CHECK_FALSE(outcome.prediction.has_value());
  CHECK_FALSE(outcome.may_be_accepted);
  CHECK_FALSE(outcome.may_try_again);
  CHECK(bench.script.seen().size() == 1);
}

TEST_CASE("a call that did not reach the API may be sent again, after a longer pause each time") {
  std::uint16_t port = 0;
  {
    port = test::LoopbackServer([](const ServedRequest&) { return answer(200, ""); }).port();
  }
  Bench bench({answer(500, "")});
  Replicate elsewhere({"http://127.0.0.1:" + std::to_string(port) + "/v1", "r8_TEST"}, bench.client, bench.clock);
  const CreateOutcome outcome = run_task(elsewhere.create(bench.request(seconds(10))));
  CHECK(outcome.error.code == Errc::provider_unavailable);
  CHECK_FALSE(outcome.may_be_accepted);
  const Timestamp now = bench.clock.now();
  const auto pause = [&](unsigned n) { return pause_before_retry(outcome, n, now, now + seconds(100)); };
  CHECK(pause(0) == seconds(1));
  CHECK(pause(1) == seconds(2));
  CHECK(pause(2) == seconds(4));
  CHECK(pause(4) == seconds(15));
  CHECK(pause(1'000) == seconds(15));
}

TEST_CASE("polling goes on over errors and broken connections to the end") {
  Bench bench({answer(200, prediction("starting")), answer(500, ""), throttled,
               ServedAnswer{"", ServedAnswer::Then::close}, answer(200, prediction("processing")), answer(200, done)});
  Prediction running;
  running.id = "p1";
  const auto ended = run_task(poll_patiently(bench.replicate, running, bench.patience(seconds(60))));
  REQUIRE(ended);
  CHECK(ended->state == Prediction::State::succeeded);
  for (const ServedRequest& request : bench.script.seen()) CHECK(request.target == "/v1/predictions/p1");
  CHECK(std::find(bench.slept.begin(), bench.slept.end(), seconds(7)) != bench.slept.end());
}

TEST_CASE("polling ends with the deadline, and says which prediction it gave up") {
  Bench bench({answer(200, prediction("processing"))});
  Prediction running;
  running.id = "p1";
  const auto ended = run_task(poll_patiently(bench.replicate, running, bench.patience(seconds(60))));
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == Errc::provider_timeout);
  CHECK(ended.error().members.at(0).second == "p1");
  CHECK(bench.script.seen().size() > 10);
  CHECK(bench.script.seen().size() < 30);
}

TEST_CASE("a lost prediction is found on a later page, and looked for again while listings lag") {
  const std::string empty = R"({"results":[],"next":null})";
  const std::string theirs = prediction("starting", "null", "2026-11-28T10:00:00Z");
  Bench bench({answer(200, empty)});
  const std::string other =
      R"({"id":"x","model":"c/d","input":{},"status":"starting","created_at":"2026-11-28T10:00:05Z"})";
  bench.script.add(
      answer(200, R"({"results":[)" + other + R"(],"next":")" + bench.server.url("/v1/predictions?cursor=2") + "\"}"));
  bench.script.add(answer(200, R"({"results":[)" + theirs + R"(],"next":null})"));
  const auto found =
      run_task(find_patiently(bench.replicate, bench.request(), bench.clock.now(), {}, bench.patience(seconds(60))));
  REQUIRE(found);
  REQUIRE(found->has_value());
  CHECK((*found)->id == "p1");
  CHECK(bench.script.seen().at(2).target == "/v1/predictions?cursor=2");
}

TEST_CASE("a prediction that is nowhere is given up, and a listing that fails is said to have failed") {
  Bench nowhere({answer(200, R"({"results":[],"next":null})")});
  const auto absent = run_task(
      find_patiently(nowhere.replicate, nowhere.request(), nowhere.clock.now(), {}, nowhere.patience(seconds(60))));
  REQUIRE(absent);
  CHECK_FALSE(absent->has_value());
  CHECK(nowhere.script.seen().size() == 4);
  Bench broken({answer(500, "")});
  CHECK_FALSE(run_task(
      find_patiently(broken.replicate, broken.request(), broken.clock.now(), {}, broken.patience(seconds(60)))));
}

TEST_CASE("the token goes with downloads from the API's own origin") {
  Bench bench({answer(200, "")});
  CHECK(bench.replicate.download_credential()->origin == bench.server.url(""));
}

TEST_CASE("the registry knows what is configured, and says so") {
  Workers workers("test", 1, 10);
  HttpClient client({});
  test::ManualClock clock;
  const auto bare = Registry::open({}, client, workers, clock);
  REQUIRE(bare.has_value());
  CHECK(bare->default_provider().name() == "sample");
  CHECK(bare->find("replicate").error().code == Errc::invalid_request);
  CHECK(bare->find("replicate").error().detail.find("sample") != std::string::npos);
  ProviderSettings settings;
  settings.replicate.key = "r8_TEST";
  const auto both = Registry::open(settings, client, workers, clock);
  CHECK(both->default_provider().name() == "replicate");
  CHECK((*both->find("sample"))->is_free());
  CHECK((*both->find(""))->name() == "replicate");
  settings.default_provider = "sample";
  CHECK(Registry::open(settings, client, workers, clock)->default_provider().name() == "sample");
  settings.default_provider = "nope";
  CHECK_FALSE(Registry::open(settings, client, workers, clock).has_value());
}

}  // namespace
}  // namespace lightfast::providers
