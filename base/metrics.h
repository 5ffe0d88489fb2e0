// What the program counts about itself, in Prometheus' text format 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Counters and histograms are atomics that live as long
// as the Metrics they came from; what is known elsewhere is asked for at each scrape. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lightfast {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;  // in the order in which they are written

class Counter {
 public:
  void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// How long things took, in buckets from a millisecond to five minutes.
class DurationHistogram {
 public:
  static constexpr std::array<double, 14> bounds_seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                         0.25,  0.5,    1,     2.5,  10,    60,   300};

  void observe(std::chrono::nanoseconds duration);

  struct Snapshot {
    std::array<std::uint64_t, bounds_seconds.size() + 1> up_to{};  // cumulative; the last one is all
    double sum_seconds = 0;
  };
  Snapshot snapshot() const;

 private:
  std::array<std::atomic<std::uint64_t>, bounds_seconds.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_ns_ = 0;
};

// What one scrape found. Samples of one name and the same labels are added up.
class MetricSamples {
 public:
  void counter(const std::string& name, std::string_view help, double value, const MetricLabels& labels = {});
  void gauge(const std::string& name, std::string_view help, double value, const MetricLabels& labels = {});
  void histogram(const std::string& name, std::string_view help, const DurationHistogram::Snapshot& snapshot,
                 const MetricLabels& labels);

  std::string text() const;

 private:
  struct Family {
    std::string help;
    std::string_view type;
    std::map<std::string, double> samples;                // by what stands before the value
    std::vector<std::pair<std::string, double>> buckets;  // of histograms, whose order counts
  };
  Family& family(const std::string& name, std::string_view help, std::string_view type);

  std::map<std::string, Family> families_;
};

class Metrics {
 public:
  // Made at the first call, the same one from then on. A name ends in `_total` or `_seconds`, and has one help text.
  Counter& counter(const std::string& name, std::string_view help, const MetricLabels& labels = {});
  DurationHistogram& histogram(const std::string& name, std::string_view help, const MetricLabels& labels = {});

  // Asked at each scrape, on the thread that scrapes; it may block for a moment.
  void on_scrape(std::function<void(MetricSamples&)> look);

  std::string scrape() const;  // the whole text

 private:
  template <class Kind>
  struct Named {
    std::string name;
    std::string help;
    MetricLabels labels;
    Kind value;
  };
  template <class Kind>
  using Known = std::map<std::pair<std::string, MetricLabels>, std::unique_ptr<Named<Kind>>>;
  template <class Kind>
  static Kind& find_or_make(Known<Kind>& known, const std::string& name, std::string_view help,
                            const MetricLabels& labels);

  mutable std::mutex mutex_;
  Known<Counter> counters_;
  Known<DurationHistogram> histograms_;
  std::vector<std::function<void(MetricSamples&)>> looks_;
};

}  // namespace lightfast
