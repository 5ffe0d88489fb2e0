#include "server/jobs/source_images.h"

#include <catch2/catch.hpp>

#include "tests/jobs/jobs_bench.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::jobs {
namespace {

using std::chrono::seconds;

const std::string url = "https://images.example.com/v1/images/hosted/ana/img_01jd0000000000000000000000.png";

TEST_CASE("URLs are signed long enough for a generation and the same for a while") {
  JobsBench bench;
  const Timestamp now = bench.clock.now();
  const Timestamp end = bench.sources.signed_until(now);
  CHECK(bench.sources.is_long_enough(end, now));
  CHECK(bench.sources.is_long_enough(end, end - seconds(300)));
  CHECK_FALSE(bench.sources.is_long_enough(end, end - seconds(299)));
  CHECK(end - now <= seconds(1'200));
}

TEST_CASE("what was sent can be made again") {
  JobsBench bench;
  const std::string input = R"({"image":")" + url + R"(","prompt":")" + url + R"(/no"})";
  const std::vector<std::string> sources{url};
  const Timestamp end = bench.sources.signed_until(bench.clock.now());
  const std::string sent = test::run_task(bench.sources.make_fetchable(input, sources, end)).value();
  CHECK(sent == test::run_task(bench.sources.make_fetchable(input, sources, end)).value());
  CHECK(sent.starts_with(R"({"image":")" + url + "?exp="));
  CHECK(sent.ends_with(R"(","prompt":")" + url + R"(/no"})"));
  CHECK(bench.sources.without_signatures(sent) == input);
}

TEST_CASE("signatures are taken out of whatever a provider says and nothing else is") {
  JobsBench bench;
  const std::string sig(43, 'A');
  const auto without = [&](const std::string& text) { return bench.sources.without_signatures(text); };
  CHECK(without("could not read " + url + "?exp=1764324000&sig=" + sig + " (403)") ==
        "could not read " + url + " (403)");
  CHECK(without(R"(["\")" + url + "?w=5&exp=1&sig=" + sig + R"(\""])") == R"(["\")" + url + R"(?w=5\""])");
  CHECK(without(url + "?exp=1&sig=AB") == url);
  for (const std::string& text : {url, url + "?exp=5", "https://example.org/?exp=1&sig=" + sig, std::string()}) {
    CHECK(without(text) == text);
  }
}

}  // namespace
}  // namespace lightfast::jobs
