// URLs that are brought in once, however many ask.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>

#include "server/jobs/job_service.h"
#include "tests/jobs/jobs_bench.h"
#include "tests/support/catch_result.h"
#include "tests/support/fixture_images.h"

namespace lightfast::jobs {
namespace {

using namespace std::chrono_literals;

JobRequest wanted(const std::string& url) {
  JobRequest request;
  request.facts.origin = db::Origin::generate;
  request.facts.source = {"replicate", "bfl/flux", "gm3q", "a pier", {}, R"({"id":"gm3q"})"};
  request.source_url = url;
  request.keep_source_on_failure = true;
  return request;
}

Task<> fetch(JobsBench& bench, std::string url, std::chrono::milliseconds patience, Reach reach,
             std::vector<Result<Fetched>>& answers) {
  JobRequest request = wanted(url);
  auto fetched = co_await bench.service.fetch_once(std::move(request), patience, reach);
  answers.push_back(std::move(fetched));
}

std::vector<Result<Fetched>> fetched(JobsBench& bench, const std::string& url, std::size_t times,
                                     std::chrono::milliseconds patience = 20s, Reach reach = Reach::own) {
  std::vector<Result<Fetched>> answers;
  for (std::size_t i = 0; i < times; ++i) {
    boost::asio::co_spawn(bench.context, fetch(bench, url, patience, reach, answers), boost::asio::detached);
  }
  REQUIRE(bench.run_until([&] { return answers.size() == times; }));
  return answers;
}

// A generation that stands among its outputs, of which nothing goes on: the last one is stored.
db::JobRecord half_fetched(JobsBench& bench, std::vector<JobOutput> outputs) {
  const auto last = fetched(bench, outputs.back().source_url, 1).front();
  outputs.back().id = last->image->id;
  outputs.back().stored = true;
  auto job = bench.generation(db::JobState::fetching);
  job.source_url = outputs.front().source_url;
  job.outputs = outputs_to_json(outputs);
  bench.insert(job);
  return job;
}

TEST_CASE("many who ask for one URL at a time get one image that knows where it came from") {
  JobsBench bench;
  const std::string url = bench.replicate.host({.bytes = test::png(1)});
  const auto answers = fetched(bench, url, 8);
  const auto& image = *answers.front()->image;
  for (const auto& answer : answers) CHECK(answer->image->id == image.id);
  CHECK(image.origin == db::Origin::generate);
  CHECK(image.source.provider == "replicate");
  CHECK(image.source.model == "bfl/flux");
  CHECK(image.source.prediction_id == "gm3q");
  CHECK(image.source.prompt == "a pier");
  CHECK(image.source.source_url == url);
  CHECK(image.source.provider_response == R"({"id":"gm3q"})");
  CHECK(bench.replicate.files().fetches() == 1);
  CHECK(fetched(bench, url, 1).front()->image->id == image.id);
  CHECK(bench.replicate.files().fetches() == 1);
}

TEST_CASE("a URL that is no image is fetched once and told so ever after") {
  JobsBench bench;
  const std::string url = bench.replicate.host({.bytes = "a film", .content_type = "video/mp4"});
  for (int i = 0; i < 3; ++i) {
    const auto answer = fetched(bench, url, 1).front();
    CHECK_FALSE(answer->image);
    REQUIRE(answer->failed);
    CHECK(answer->failed->code == Errc::unsupported_image);
  }
  CHECK(bench.replicate.files().fetches() == 1);
}

TEST_CASE("a fetch that waits to be tried again is tried at once when somebody asks") {
  JobsBench bench;
  const std::string url = bench.replicate.host({.bytes = test::png(2), .failing_fetches = 1, .failing_status = 401});
  CHECK(fetched(bench, url, 1).front()->failed->code == Errc::download_failed);
  CHECK_FALSE(fetched(bench, url, 1).front()->image);  // asking again is what has it tried again
  CHECK(bench.run_until([&] {
    const auto known = db::read(*bench.database, [&](const db::Session& session) {
      return session.images().find_by_source(UserId::fallback(), url);
    });
    return known && *known && bench.runner.active() == 0;
  }));
}

TEST_CASE("an output of a generation is never told to be another one's image") {
  JobsBench bench;
  const std::string first = bench.replicate.host({.bytes = test::png(1)});
  const std::string last = bench.replicate.host({.bytes = test::png(2)});
  JobOutput broken{bench.ids.next_image_id(), first};
  broken.error_code = to_string(Errc::too_many_pixels);

  half_fetched(bench, {{bench.ids.next_image_id(), first}, {bench.ids.next_image_id(), last}});
  const auto pending = fetched(bench, first, 1, 1ms).front();
  CHECK_FALSE(pending->image);
  CHECK_FALSE(pending->failed);

  JobsBench other;
  half_fetched(other, {broken, {bench.ids.next_image_id(), last}});
  const auto failed = fetched(other, first, 1, 1ms).front();
  CHECK_FALSE(failed->image);
  REQUIRE(failed->failed);
  CHECK(failed->failed->code == Errc::too_many_pixels);
}

TEST_CASE("an output that a generation is at is waited for and not fetched beside it") {
  JobsBench bench;
  const std::string first = bench.replicate.host({.bytes = test::png(1)});
  const std::string second = bench.replicate.host({.bytes = test::png(2)});
  auto job = bench.generation(db::JobState::fetching);
  job.source_url = first;
  job.outputs = outputs_to_json({{bench.ids.next_image_id(), first}, {bench.ids.next_image_id(), second}});
  bench.insert(job);
  CHECK_FALSE(fetched(bench, second, 1, 1ms).front()->image);
  bench.run();
  const auto image = fetched(bench, second, 1).front()->image;
  REQUIRE(image);
  CHECK(image->id == parse_outputs(bench.get(job.id).outputs)->back().id);
  CHECK(bench.replicate.files().fetches() == 2);
}

TEST_CASE("what found the user full is tried again once somebody asks") {
  JobsBench bench;
  auto job = bench.import(bench.replicate.host({.bytes = test::png(1)}));
  job.request = request_to_json(wanted(job.source_url));
  set_error(job, {Errc::user_limit, "the user is full"});
  bench.insert(job);
  CHECK(fetched(bench, job.source_url, 1).front()->image);
}

TEST_CASE("a private image of the URL is not what answers of providers show") {
  JobsBench bench;
  auto job = bench.import(bench.replicate.host({.bytes = test::png(1)}));
  auto request = parse_request(job.request, job.user).value();
  request.facts.visibility = db::Visibility::private_;
  job.request = request_to_json(request);
  bench.insert(job);
  SECTION("while it is fetched") {}
  SECTION("once it is there") {
    bench.run();
  }
  const auto image = fetched(bench, job.source_url, 1).front()->image;
  REQUIRE(image);
  CHECK(image->visibility == db::Visibility::public_);
  CHECK(image->id != job.image_id);
}

TEST_CASE("what any user has is shown to who may see it and not fetched again") {
  JobsBench bench;
  auto job = bench.import(bench.replicate.host({.bytes = test::png(1)}));
  job.user = UserId::parse("ana").value();
  auto request = parse_request(job.request, job.user).value();
  bool is_private = GENERATE(false, true);
  if (is_private) request.facts.visibility = db::Visibility::private_;
  job.request = request_to_json(request);
  bench.insert(job);
  SECTION("while it is fetched") {
    CHECK_FALSE(fetched(bench, job.source_url, 1, 1ms, Reach::all_users).front()->image);
    bench.run();
  }
  SECTION("once it is there") {
    bench.run();
  }
  CHECK(fetched(bench, job.source_url, 1, 20s, Reach::all_users).front()->image->id == job.image_id);
  CHECK(bench.replicate.files().fetches() == 1);
  CHECK(fetched(bench, job.source_url, 1).front()->image->id != job.image_id);
}

}  // namespace
}  // namespace lightfast::jobs
