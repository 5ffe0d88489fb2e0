// Several providers, tried one after the other: what became of each stands in the answer.
#include <catch2/catch.hpp>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const PredictionScript filtered = {.final_status = "failed", .error = "NSFW content detected."};

json::value wanted(const json::array& providers) {
  return {{"prompt", "a pier"}, {"providers", providers}};
}

const json::value replicate = {{"name", "replicate"}, {"model", "bfl/flux"}};
const json::value sample = {{"name", "sample"}, {"input", {{"width", 32}, {"height", 32}}}};

json::array attempts_of(const json::object& answer) {
  REQUIRE(answer.contains("attempts"));
  return answer.at("attempts").as_array();
}

void check_attempt(const json::value& attempt, std::string_view provider, std::string_view status,
                   std::string_view code = "") {
  const json::object& object = attempt.as_object();
  CHECK(text(object, "provider") == provider);
  CHECK(text(object, "status") == status);
  if (code.empty()) {
    CHECK_FALSE(object.contains("code"));
  } else {
    CHECK(text(object, "code") == code);
  }
}

TEST_CASE("attempts: the provider that failed and the one that gave the image both stand in the answer and the job") {
  GeneratingServer it;
  it.replicate.script_next(filtered);
  const json::object promise = it.promised(wanted({replicate, sample}));
  const json::object job = it.ended_job(text(promise, "job_id"));
  REQUIRE(attempts_of(job).size() == 2);
  check_attempt(attempts_of(job)[0], "replicate", "failed", "provider_failed");
  CHECK(text(attempts_of(job)[0].as_object(), "model") == "bfl/flux");
  CHECK(text(attempts_of(job)[0].as_object(), "detail").find("NSFW content") != std::string::npos);
  CHECK(text(attempts_of(job)[0].as_object(), "prediction_id") == it.replicate.ids().front());
  check_attempt(attempts_of(job)[1], "sample", "succeeded");

  it.replicate.fail_creates({input_rejected("no such aspect_ratio")});
  const json::array answered = attempts_of(it.generated(wanted({replicate, sample})));
  REQUIRE(answered.size() == 2);
  check_attempt(answered[0], "replicate", "failed", "provider_rejected");
  check_attempt(answered[1], "sample", "succeeded");
}

TEST_CASE("attempts: the first that succeeds is the only one told of, and a lone provider has no list") {
  GeneratingServer it;
  const json::array attempts = attempts_of(it.generated(wanted({sample, replicate})));
  REQUIRE(attempts.size() == 1);
  check_attempt(attempts[0], "sample", "succeeded");
  CHECK(it.replicate.create_requests() == 0);
  CHECK_FALSE(it.generated(wanted({sample})).contains("attempts"));
  CHECK_FALSE(it.generated().contains("attempts"));
}

TEST_CASE("attempts: where every provider failed the error tells of all of them, again for the same Idempotency-Key") {
  GeneratingServer it;
  it.replicate.fail_creates({input_rejected("no such aspect_ratio")});
  it.replicate.script(filtered);
  const HttpRequest request = generate_request(wanted({replicate, replicate}), {{"Idempotency-Key", "once"}});
  for (int i = 0; i < 2; ++i) {
    const HttpResponse response = it.server.send(request);
    check_problem(response, 502, "provider_failed");
    const json::array attempts = attempts_of(response.json().as_object());
    REQUIRE(attempts.size() == 2);
    check_attempt(attempts[0], "replicate", "failed", "provider_rejected");
    check_attempt(attempts[1], "replicate", "failed", "provider_failed");
    CHECK(it.replicate.create_requests() == 2);
  }
}

TEST_CASE("attempts: those before a restart are told of after it") {
  GeneratingServer it;
  it.replicate.script_next(filtered);
  it.replicate.script_next({.statuses = {"starting", "processing"}, .duration = std::chrono::hours(1)});
  const json::object promise = it.promised(wanted({replicate, replicate, sample}));
  REQUIRE(eventually([&] { return it.replicate.creates() == 2 && it.replicate.polls() > 0; }));
  it.server.process().kill();
  it.replicate.set_status(it.replicate.ids().back(), "failed");
  it.server.process().start();
  const json::array attempts = attempts_of(it.ended_job(text(promise, "job_id")));
  REQUIRE(attempts.size() == 3);
  check_attempt(attempts[0], "replicate", "failed", "provider_failed");
  check_attempt(attempts[1], "replicate", "failed", "provider_failed");
  check_attempt(attempts[2], "sample", "succeeded");
  CHECK(it.replicate.create_requests() == 2);
}

}  // namespace
}  // namespace lightfast::test
