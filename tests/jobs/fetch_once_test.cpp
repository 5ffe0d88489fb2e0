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

Task<> fetch(JobsBench& bench, std::string url, std::vector<Result<Fetched>>& answers) {
  JobRequest request = wanted(url);
  auto fetched = co_await bench.service.fetch_once(std::move(request), 20s);
  answers.push_back(std::move(fetched));
}

std::vector<Result<Fetched>> fetched(JobsBench& bench, const std::string& url, std::size_t times) {
  std::vector<Result<Fetched>> answers;
  for (std::size_t i = 0; i < times; ++i) {
    boost::asio::co_spawn(bench.context, fetch(bench, url, answers), boost::asio::detached);
  }
  REQUIRE(bench.run_until([&] { return answers.size() == times; }));
  return answers;
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

}  // namespace
}  // namespace lightfast::jobs
