#include "base/metrics.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace lightfast;
using namespace std::chrono_literals;

TEST_CASE("A counter is written with its help, its type and its labels") {
  Metrics metrics;
  metrics.counter("jobs_total", "Jobs that ended.", {{"kind", "import"}, {"state", "failed"}}).add(3);
  CHECK(metrics.scrape() ==
        "# HELP jobs_total Jobs that ended.\n"
        "# TYPE jobs_total counter\n"
        "jobs_total{kind=\"import\",state=\"failed\"} 3\n");
}

TEST_CASE("The same name and labels are the same counter") {
  Metrics metrics;
  Counter& first = metrics.counter("a_total", "A.", {{"x", "1"}});
  CHECK(&metrics.counter("a_total", "A.", {{"x", "1"}}) == &first);
  CHECK(&metrics.counter("a_total", "A.", {{"x", "2"}}) != &first);
}

TEST_CASE("Label values and help are escaped so that a line stays a line") {
  Metrics metrics;
  metrics.counter("a_total", "back\\slash\nand line", {{"x", "quote\" back\\ line\n"}}).add();
  CHECK(metrics.scrape() ==
        "# HELP a_total back\\\\slash\\nand line\n"
        "# TYPE a_total counter\n"
        "a_total{x=\"quote\\\" back\\\\ line\\n\"} 1\n");
}

TEST_CASE("A histogram's buckets are cumulative and end with all of them") {
  Metrics metrics;
  DurationHistogram& histogram = metrics.histogram("wait_seconds", "Waiting.", {{"pool", "cpu"}});
  histogram.observe(1ms);  // a bound belongs to its bucket
  histogram.observe(2ms);
  histogram.observe(10min);
  const std::string text = metrics.scrape();
  CHECK(text.find("wait_seconds_bucket{pool=\"cpu\",le=\"0.001\"} 1\n") != text.npos);
  CHECK(text.find("wait_seconds_bucket{pool=\"cpu\",le=\"0.0025\"} 2\n") != text.npos);
  CHECK(text.find("wait_seconds_bucket{pool=\"cpu\",le=\"300\"} 2\n") != text.npos);
  CHECK(text.find("wait_seconds_bucket{pool=\"cpu\",le=\"+Inf\"} 3\n") != text.npos);
  CHECK(text.find("wait_seconds_sum{pool=\"cpu\"} 600.003\n") != text.npos);
  CHECK(text.find("wait_seconds_count{pool=\"cpu\"} 3\n") != text.npos);
}

TEST_CASE("Histograms of one series that come from two places are added up") {
  Metrics metrics;
  metrics.histogram("wait_seconds", "Waiting.").observe(1ms);
  DurationHistogram other;
  other.observe(1ms);
  other.observe(10min);
  metrics.on_scrape(
      [&](MetricSamples& samples) { samples.histogram("wait_seconds", "Waiting.", other.snapshot(), {}); });
  const std::string text = metrics.scrape();
  CHECK(text.find("wait_seconds_bucket{le=\"0.001\"} 2\n") != text.npos);
  CHECK(text.find("wait_seconds_count 3\n") != text.npos);
  CHECK(text.find("wait_seconds_count", text.find("wait_seconds_count") + 1) == text.npos);
}

TEST_CASE("What is asked for at a scrape is asked for anew each time") {
  Metrics metrics;
  int free_bytes = 10;
  metrics.on_scrape([&](MetricSamples& samples) { samples.gauge("free_bytes", "Free.", free_bytes); });
  CHECK(metrics.scrape().find("\nfree_bytes 10\n") != std::string::npos);
  free_bytes = 7;
  CHECK(metrics.scrape().find("\nfree_bytes 7\n") != std::string::npos);
}

TEST_CASE("Samples of one series that come from two places are added up") {
  Metrics metrics;
  metrics.counter("a_total", "A.").add(2);
  metrics.on_scrape([](MetricSamples& samples) { samples.counter("a_total", "A.", 3); });
  CHECK(metrics.scrape() == "# HELP a_total A.\n# TYPE a_total counter\na_total 5\n");
}

TEST_CASE("Counting from many threads at once loses nothing") {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        metrics.counter("a_total", "A.").add();
        metrics.histogram("b_seconds", "B.").observe(1ms);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(metrics.counter("a_total", "A.").value() == 40'000);
  CHECK(metrics.histogram("b_seconds", "B.").snapshot().up_to.back() == 40'000);
}
