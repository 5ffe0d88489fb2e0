// Jobs taken up from wherever a crash left their rows.
#include "server/jobs/job_runner.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "base/encoding.h"
#include "tests/jobs/jobs_bench.h"
#include "tests/support/catch_result.h"
#include "tests/support/fixture_images.h"
#include "tests/support/loopback_server.h"

namespace lightfast::jobs {
namespace {

using namespace std::chrono_literals;
using db::JobState;

TEST_CASE("a job that was never called for is called for once") {
  JobsBench bench;
  const auto job = bench.generation(JobState::queued);
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.is_stored(job.image_id));
  CHECK(bench.replicate.create_requests() == 1);
}

TEST_CASE("a call whose answer died with the process is found at the provider, hours later too") {
  JobsBench bench;
  const std::string prediction = bench.predicted();
  auto job = bench.generation(JobState::calling);
  job.created_at -= 3h;  // it had waited for its turn
  job.deadline -= 1h;
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.get(job.id).prediction_id == prediction);
  CHECK(bench.replicate.create_requests() == 1);
}

TEST_CASE("calls of the same prompt whose answers were lost each get a prediction of their own") {
  JobsBench bench;
  const std::set<std::string> predictions{bench.predicted(), bench.predicted(), bench.predicted()};
  std::vector<std::string> jobs;
  for (int i = 0; i < 3; ++i) {
    const auto job = bench.generation(JobState::calling);
    bench.insert(job);
    jobs.push_back(job.id);
  }
  bench.run();
  std::set<std::string> found;
  for (const std::string& id : jobs) found.insert(bench.get(id).prediction_id);
  CHECK(found == predictions);
}

TEST_CASE("a call that is found nowhere fails, and is not made again") {
  JobsBench bench({.provider_timeout = 1s});
  bench.predicted("another prompt");
  const auto job = bench.generation(JobState::calling);
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::failed);
  CHECK(bench.get(job.id).error_code == "provider_failed");
  CHECK(may_be_paid(bench.get(job.id)));
  CHECK(bench.replicate.create_requests() == 1);
}

TEST_CASE("a generation that went on without us is polled, though its time was over long ago") {
  JobsBench bench;
  auto job = bench.generation(JobState::running);
  job.prediction_id = bench.predicted();
  job.deadline -= 30min;
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.is_stored(job.image_id));
}

TEST_CASE("a generation that the provider does not know has failed") {
  JobsBench bench;
  auto job = bench.generation(JobState::running);
  job.prediction_id = "nobodysprediction";
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).error_code == "provider_failed");
  CHECK(error_of(bench.get(job.id)).members ==
        std::vector<std::pair<std::string, std::string>>{{"prediction_id", "nobodysprediction"}});
}

TEST_CASE("an image that came within the provider's answer is asked for again where it died with the process") {
  JobsBench bench;
  const std::string inlined = "data:image/png;base64," + to_base64(test::png(7));
  bench.replicate.script({.output = [&](std::uint32_t) { return boost::json::value(boost::json::array{inlined}); }});
  auto job = bench.generation(JobState::fetching);
  job.prediction_id = bench.predicted();
  job.outputs = outputs_to_json({{job.image_id}});
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.is_stored(job.image_id));
  CHECK(bench.replicate.create_requests() == 1);
}

TEST_CASE("of several inlined images those that are stored stay, under their ids") {
  JobsBench bench;
  boost::json::array outputs;
  for (std::uint32_t i = 1; i <= 2; ++i)
    outputs.push_back(boost::json::string("data:;base64," + to_base64(test::png(i))));
  bench.replicate.script({.output = [&](std::uint32_t) { return boost::json::value(outputs); }});
  auto job = bench.generation(JobState::fetching);
  job.prediction_id = bench.predicted();
  const ImageId second = bench.ids.next_image_id();
  job.outputs = outputs_to_json({{job.image_id}, {second}});
  bench.insert(job);
  bench.run();
  CHECK(bench.is_stored(job.image_id));
  CHECK(bench.is_stored(second));
}

// With another provider to ask.
void add_attempt(db::JobRecord& job, const std::string& provider) {
  auto request = parse_request(job.request, job.user).value();
  request.attempts.push_back({provider, "", "{}"});
  job.request = request_to_json(request);
}

TEST_CASE("images whose others died with the process are the answer and no other provider is paid") {
  JobsBench bench;
  const auto import = bench.import(bench.replicate.host({.bytes = test::png(1)}));
  bench.insert(import);
  bench.run();
  auto job = bench.generation(JobState::fetching);
  add_attempt(job, "sample");
  job.prediction_id = "unknown";
  JobOutput stored{import.image_id}, lost{bench.ids.next_image_id()};
  stored.stored = true;
  job.outputs = outputs_to_json({stored, lost});
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.get(job.id).provider == "replicate");
  const auto outputs = parse_outputs(bench.get(job.id).outputs).value();
  CHECK(outputs.front().stored);
  CHECK_FALSE(outputs.back().stored);
  CHECK(outputs.back().error_code == "provider_failed");
}

TEST_CASE("a provider that is down altogether is not waited for where another one may be asked") {
  test::LoopbackServer down([](const test::ServedRequest&) { return test::answer(503, "{}"); });
  JobsBench bench({.provider_timeout = 2s}, down.url("/v1"));
  auto job = bench.generation(JobState::queued);
  add_attempt(job, "sample");
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.get(job.id).provider == "sample");
}

TEST_CASE("who asks while a failed try is being recorded has it tried again at once") {
  JobsBench bench;
  auto job = bench.import(bench.replicate.host({.bytes = test::png(1), .failing_fetches = 2, .failing_status = 401}));
  auto request = parse_request(job.request, job.user).value();
  request.keep_source_on_failure = true;
  job.request = request_to_json(request);
  bench.insert(job);
  bench.database->when_submitted([&] { bench.runner.nudge(job.id); });
  REQUIRE(bench.service.recover());
  CHECK(bench.run_until([&] { return bench.get(job.id).state == JobState::succeeded; }));
}

TEST_CASE("a drawing of the sample provider that died with the process is drawn again") {
  JobsBench bench;
  JobRequest request;
  request.facts.origin = db::Origin::generate;
  request.facts.source.prompt = "a pier";
  request.attempts = {{"sample", "", R"({"width":32,"height":32})"}};
  auto job = bench.generation(JobState::fetching);
  job.provider = "sample";
  job.request = request_to_json(request);
  job.outputs = outputs_to_json({{job.image_id}});
  bench.insert(job);
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.is_stored(job.image_id));
}

TEST_CASE("an image that was stored before its job could say so is not fetched again") {
  JobsBench bench;
  auto job = bench.generation(JobState::fetching);
  job.outputs = outputs_to_json({{job.image_id, bench.replicate.host({.bytes = test::png(1)})}});
  bench.insert(job);
  bench.run();
  REQUIRE(bench.is_stored(job.image_id));
  job.state = JobState::fetching;
  db::commit_blocking(*bench.database, [&](db::Session& session) { return session.jobs().update(job); }).value();
  bench.run();
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.replicate.files().fetches() == 1);
}

TEST_CASE("an import that was here already before its job could say so is not fetched again") {
  JobsBench bench;
  const std::string source = bench.replicate.host({.bytes = test::png(1)});
  const auto first = bench.import(source), second = bench.import(source);
  bench.insert(first);
  bench.run();
  bench.insert(second);
  bench.run();
  const auto before = bench.json_of(second.id);
  CHECK(before.at("image").at("id").as_string() == first.image_id.str());
  CHECK(bench.replicate.files().fetches() == 2);

  db::commit_blocking(*bench.database, [&](db::Session& session) { return session.jobs().update(second); }).value();
  bench.run();
  CHECK(bench.json_of(second.id) == before);
  CHECK(bench.replicate.files().fetches() == 2);
}

TEST_CASE("a row that cannot be read fails alone") {
  JobsBench bench;
  auto broken = bench.generation(JobState::queued);
  broken.request = R"({"attempts":["not an object"]})";
  auto garbled = bench.generation(JobState::fetching);
  garbled.outputs = "[{]";
  const auto good = bench.generation(JobState::queued);
  for (const auto& job : {broken, garbled, good}) bench.insert(job);
  bench.run();
  CHECK(bench.get(broken.id).error_code == "internal");
  CHECK(bench.get(garbled.id).error_code == "internal");
  CHECK(bench.get(good.id).state == JobState::succeeded);
  CHECK(bench.runner.active() == 0);
}

TEST_CASE("while a refusal for the rate is waited out the row says that nothing was accepted") {
  JobsBench bench;
  bench.replicate.fail_creates({test::throttled(100)});
  const auto job = bench.generation(JobState::queued);
  bench.insert(job);
  bench.service.recover().value();
  REQUIRE(bench.run_until(
      [&] { return bench.replicate.create_requests() == 1 && bench.get(job.id).state == JobState::queued; }));
  REQUIRE(bench.run_until([&] {
    bench.runner.nudge(job.id);  // as if the hundred seconds were over
    return has_ended(bench.get(job.id).state);
  }));
  CHECK(bench.get(job.id).state == JobState::succeeded);
  CHECK(bench.replicate.create_requests() == 2);
  CHECK(bench.replicate.creates() == 1);
}

// What a caller is told who waits for a job of this prompt.
class Waiting {
 public:
  explicit Waiting(JobsBench& bench) : bench_(bench) {
    JobRequest request;
    request.facts.origin = db::Origin::generate;
    request.facts.source.prompt = "a pier";
    request.attempts = {{"replicate", "", "{}"}};
    boost::asio::co_spawn(bench.context, ask({request}), boost::asio::detached);
  }
  Result<Answer> answer() {
    REQUIRE(bench_.run_until([&] { return answer_.has_value(); }));
    return *answer_;
  }

 private:
  Task<void> ask(std::vector<JobRequest> requests) {
    auto answer = co_await bench_.service.submit(std::move(requests), std::nullopt, JobService::Reply::when_ended);
    answer_ = std::move(answer);
  }

  JobsBench& bench_;
  std::optional<Result<Answer>> answer_;
};

db::JobRecord only_job(JobsBench& bench, const Error& told) {
  REQUIRE(told.members.size() == 1);
  CHECK(told.members[0].first == "job_id");
  return bench.get(told.members[0].second);
}

TEST_CASE("a job that cannot be recorded before its call fails unpaid and its caller is told why") {
  JobsBench bench({.record_pause = 1ms});
  bench.database->fail_after(1, {Errc::storage_full, "the disk is full"});
  Waiting waiting(bench);
  const auto answer = waiting.answer();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::storage_full);
  CHECK(answer.error().detail == "the disk is full");
  bench.database->work_again();
  REQUIRE(bench.run_until([&] { return bench.runner.active() == 0; }));
  const auto counts =
      db::read(*bench.database, [](const db::Session& session) { return session.jobs().count_by_state(); });
  CHECK(counts->at(JobState::failed) == 1);
  CHECK(bench.replicate.create_requests() == 0);
}

TEST_CASE("a job that cannot be recorded at all is refused at once") {
  JobsBench bench;
  bench.database->fail_after(0, {Errc::read_only, "the disk can only be read"});
  Waiting waiting(bench);
  CHECK(waiting.answer().error().code == Errc::read_only);
  CHECK(bench.runner.active() == 0);
}

TEST_CASE("a job that cannot be recorded after its call goes on and its caller is told where to look") {
  JobsBench bench({.record_pause = 1ms});
  bench.replicate.when_created([&](const std::string&) {
    bench.database->fail_after(0, {Errc::overloaded, "the database is busy"});
  });
  Waiting waiting(bench);
  const auto answer = waiting.answer();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::overloaded);
  CHECK(answer.error().retry_after);
  CHECK(only_job(bench, answer.error()).state == JobState::calling);
  bench.database->work_again();
  REQUIRE(bench.run_until([&] { return bench.runner.active() == 0; }));
  const auto job = only_job(bench, answer.error());
  CHECK(job.state == JobState::succeeded);
  CHECK(bench.is_stored(job.image_id));
  CHECK(bench.replicate.create_requests() == 1);
}

TEST_CASE("calls beyond the limit wait as queued, and all come") {
  JobsBench bench({.calls = 2});
  std::vector<std::string> jobs;
  for (int i = 0; i < 7; ++i) {
    const auto job = bench.generation(JobState::queued);
    bench.insert(job);
    jobs.push_back(job.id);
  }
  int most_calling = 0;
  bench.replicate.when_created([&](const std::string&) {
    const auto counts =
        db::read(*bench.database, [](const db::Session& session) { return session.jobs().count_by_state(); });
    most_calling = std::max(most_calling, static_cast<int>(counts->at(JobState::calling)));
  });
  bench.run();
  CHECK(most_calling >= 1);
  CHECK(most_calling <= 2);
  for (const std::string& id : jobs) CHECK(bench.get(id).state == JobState::succeeded);
}

}  // namespace
}  // namespace lightfast::jobs
