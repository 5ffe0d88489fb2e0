#include <catch2/catch.hpp>
#include <map>
#include <regex>
#include <sstream>

#include "tests/e2e/running_server.h"

using namespace lightfast::test;

namespace {

// The samples by what stands before their value. The test ends here where a line is not as the format has it:
// https://prometheus.io/docs/instrumenting/exposition_formats/
std::map<std::string, double> samples_of(const std::string& text) {
  static const std::regex comment(R"(# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram)))");
  static const std::regex sample(R"re(([a-z_]+(\{([a-z_]+="([^"\\]|\\["\\n])*",?)+\})?) (\d[0-9.e+-]*))re");
  REQUIRE(text.ends_with('\n'));
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    INFO(line);
    if (line.starts_with('#')) {
      REQUIRE(std::regex_match(line, comment));
      continue;
    }
    REQUIRE(std::regex_match(line, parts, sample));
    const bool is_new = samples.emplace(parts[1], std::stod(parts[5])).second;
    REQUIRE(is_new);
  }
  return samples;
}

std::map<std::string, double> scrape(RunningServer& server) {
  const auto response = server.get("/metrics");
  REQUIRE(response.status == 200);
  CHECK(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(response.header("Cache-Control") == "no-store");
  return samples_of(response.body);
}

}  // namespace

TEST_CASE("metrics need no key and count requests by route and status") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  for (int i = 0; i < 3; ++i) CHECK(server.get(path).status == 200);
  CHECK(server.get("/v1/images/hosted/alice/img_00000000000000000000000000").status == 404);
  CHECK(server.get("/no/such/path").status == 404);
  const auto samples = scrape(server);
  const std::string hosted = R"(method="GET",route="/v1/images/hosted/{user}/{id}")";
  CHECK(samples.at("lightfast_http_requests_total{" + hosted + R"(,status="200"})") == 3);
  CHECK(samples.at("lightfast_http_requests_total{" + hosted + R"(,status="404"})") == 1);
  CHECK(samples.at("lightfast_http_response_bytes_total{" + hosted + "}") >=
        3.0 * static_cast<double>(number(image, "size_bytes")));
  CHECK(samples.at(R"(lightfast_http_requests_total{method="any",route="none",status="404"})") == 1);
  CHECK(samples.at(R"(lightfast_http_requests_total{method="POST",route="/v1/images/upload",status="201"})") == 1);
}

TEST_CASE("metrics tell how many reads were sent from a ready answer") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  for (int i = 0; i < 3; ++i) CHECK(server.get(path).status == 200);
  CHECK(server.get("/v1/images/hosted/alice/img_00000000000000000000000000.png").status == 404);
  const auto samples = scrape(server);
  CHECK(samples.at("lightfast_cache_hits_total") == 2);
  CHECK(samples.at("lightfast_cache_misses_total") == 2);
}

TEST_CASE("metrics tell what is stored and how much room is left") {
  RunningServer server;
  const auto kept = server.uploaded(png(1));
  const auto removed = server.uploaded(png(2));
  CHECK(server.api("DELETE", "/v1/images/alice/" + text(removed, "id")).status == 204);
  const auto samples = scrape(server);
  CHECK(samples.at("lightfast_images") == 1);
  CHECK(samples.at("lightfast_image_bytes") == static_cast<double>(number(kept, "size_bytes")));
  CHECK(samples.at("lightfast_trash_images") == 1);
  for (const std::string part : {"prove", "file", "record"}) {
    CHECK(samples.at("lightfast_store_duration_seconds_count{part=\"" + part + "\"}") == 2);
    CHECK(samples.at("lightfast_store_duration_seconds_sum{part=\"" + part + "\"}") > 0);
  }
  CHECK(samples.at("lightfast_database_up") == 1);
  CHECK(samples.at("lightfast_disk_free_bytes") > 0);
  CHECK(samples.at("lightfast_disk_size_bytes") > samples.at("lightfast_disk_free_bytes"));
  CHECK(samples.at(R"(lightfast_queue_length{pool="read"})") >= 0);
  CHECK(samples.at("process_resident_memory_bytes") > 0);
  CHECK(samples.at("process_open_fds") > 3);
}

TEST_CASE("metrics tell of calls of providers and of jobs that ended") {
  RunningServer server;
  CHECK(server.api("POST", "/v1/images/generate", R"({"prompt":"a pier"})").status == 201);
  CHECK(server.api("POST", "/v1/images/import", R"({"url":"http://127.0.0.1:1/a.png"})").status == 422);
  const auto samples = scrape(server);
  CHECK(samples.at(R"(lightfast_provider_calls_total{provider="sample",outcome="ok"})") == 1);
  CHECK(samples.at(R"(lightfast_jobs_total{kind="generate",state="succeeded"})") == 1);
  CHECK(samples.at(R"(lightfast_jobs_total{kind="import",state="failed"})") == 1);
  CHECK(samples.at(R"(lightfast_fetches_total{outcome="download_forbidden"})") == 1);
  CHECK(samples.at("lightfast_jobs_active") == 0);
}
