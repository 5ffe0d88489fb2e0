// The driver against the fake that was written from Replicate's documentation alone.
#include <catch2/catch.hpp>

#include "server/providers/patience.h"
#include "server/providers/replicate.h"
#include "tests/support/catch_result.h"
#include "tests/support/fake_replicate.h"
#include "tests/support/run_task.h"

namespace lightfast::providers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeReplicate;
using test::run_task;

struct Bench {
  FakeReplicate fake;
  SystemClock clock;
  Sleep brief = [](milliseconds) -> Task<> { co_return; };
  HttpClient client{{}};
  Replicate replicate{{fake.base_url(), fake.token()}, client, clock};

  GenerationRequest request(std::string prompt = "cat") {
    GenerationRequest out;
    out.prompt = std::move(prompt);
    out.input = R"({"aspect_ratio":"16:9","num_outputs":2})";
    out.deadline = clock.now() + seconds(60);
    return out;
  }
  Patience patience() { return {clock, brief, clock.now() + seconds(60)}; }

  Prediction run_to_end() {
    CreateOutcome outcome = run_task(replicate.create(request()));
    REQUIRE(outcome.prediction.has_value());
    return run_task(poll_patiently(replicate, *outcome.prediction, patience())).value();
  }
};

TEST_CASE("the fake and the driver agree on a generation that ends while it is waited for") {
  Bench bench;
  const Prediction ended = bench.run_to_end();
  CHECK(ended.state == Prediction::State::succeeded);
  CHECK(ended.outputs.size() == 1);
  CHECK(bench.fake.creates() == 1);
  CHECK(bench.fake.polls() == 0);
}

TEST_CASE("the fake and the driver agree on a generation that has to be polled") {
  Bench bench;
  bench.fake.script({.statuses = {"starting", "starting", "processing", "some-new-status", "processing"}});
  bench.fake.fail_polls({test::server_error(502), test::throttled(0), test::connection_reset()});
  const Prediction ended = bench.run_to_end();
  CHECK(ended.state == Prediction::State::succeeded);
  CHECK(bench.fake.creates() == 1);
}

TEST_CASE("the fake and the driver agree on generations that fail") {
  Bench bench;
  bench.fake.script_next({.final_status = "failed", .error = "NSFW content detected"});
  const Prediction failed = bench.run_to_end();
  CHECK(failed.state == Prediction::State::failed);
  CHECK(failed.error->detail.find("NSFW content detected") != std::string::npos);
  for (const char* status : {"canceled", "aborted"}) {
    bench.fake.script_next({.statuses = {"starting"}, .final_status = status});
    CHECK(bench.run_to_end().error->code == Errc::provider_failed);
  }
}

TEST_CASE("the fake and the driver agree on refusals") {
  Bench bench;
  bench.fake.fail_creates({test::unauthenticated(), test::insufficient_credit(), test::input_rejected("- no prompt"),
                           test::throttled(std::nullopt, 1)});
  CHECK(run_task(bench.replicate.create(bench.request())).error.code == Errc::provider_unavailable);
  CHECK(run_task(bench.replicate.create(bench.request())).error.code == Errc::provider_unavailable);
  const CreateOutcome rejected = run_task(bench.replicate.create(bench.request()));
  CHECK(rejected.error.code == Errc::provider_rejected);
  CHECK(rejected.error.detail.find("- no prompt") != std::string::npos);
  const CreateOutcome throttled = run_task(bench.replicate.create(bench.request()));
  CHECK(throttled.may_try_again);
  CHECK(throttled.error.retry_after == seconds(1));
  CHECK(run_task(bench.replicate.create(bench.request())).prediction.has_value());
  CHECK(bench.fake.creates() == 1);
}

TEST_CASE("a prediction whose answer was lost is found in the fake's list, and paid for once") {
  Bench bench;
  bench.fake.fail_creates({test::accepted_then_reset(), test::accepted_then_reset()});
  const Timestamp before = bench.clock.now();
  const CreateOutcome lost = run_task(bench.replicate.create(bench.request()));
  CHECK(lost.may_be_accepted);
  CHECK(bench.fake.creates() == 1);
  const auto found = run_task(find_patiently(bench.replicate, bench.request(), before, {}, bench.patience()));
  REQUIRE(found);
  REQUIRE(found->has_value());
  CHECK((*found)->id == bench.fake.ids().at(0));
  CHECK_FALSE(run_task(bench.replicate.find(bench.request("dog"), before, {}))->has_value());

  run_task(bench.replicate.create(bench.request()));
  const auto second = run_task(bench.replicate.find(
      bench.request(), before, [&](const std::string& id) { return id == bench.fake.ids().at(0); }));
  CHECK((*second)->id == bench.fake.ids().at(1));
}

TEST_CASE("a prediction that the fake has forgotten is gone") {
  Bench bench;
  const Prediction ended = bench.run_to_end();
  bench.fake.forget();
  const auto later = run_task(bench.replicate.poll(ended.id, ended.poll_url));
  REQUIRE(later);
  CHECK(later->state == Prediction::State::failed);
  CHECK(later->error->code == Errc::source_gone);
}

TEST_CASE("the driver fetches the account's webhook secret") {
  Bench bench;
  CHECK(run_task(bench.replicate.fetch_webhook_secret()).value() == bench.fake.webhook_secret());
}

}  // namespace
}  // namespace lightfast::providers
