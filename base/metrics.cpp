#include "base/metrics.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace lightfast {
namespace {

void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

// name{label="value",…}
std::string series(std::string_view name, const MetricLabels& labels) {
  std::string text(name);
  char before = '{';
  for (const auto& [label, value] : labels) {
    text += before;
    text += label;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
    before = ',';
  }
  if (!labels.empty()) text += '}';
  return text;
}

}  // namespace

void DurationHistogram::observe(std::chrono::nanoseconds duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto bucket = std::lower_bound(bounds_seconds.begin(), bounds_seconds.end(), seconds) - bounds_seconds.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(static_cast<std::uint64_t>(duration.count()), std::memory_order_relaxed);
}

DurationHistogram::Snapshot DurationHistogram::snapshot() const {
  Snapshot taken;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    taken.up_to[i] = total;
  }
  taken.sum_seconds = static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / 1e9;
  return taken;
}

MetricSamples::Family& MetricSamples::family(const std::string& name, std::string_view help, std::string_view type) {
  return families_.try_emplace(name, Family{std::string(help), type, {}, {}}).first->second;
}

void MetricSamples::counter(const std::string& name, std::string_view help, double value, const MetricLabels& labels) {
  family(name, help, "counter").samples[series(name, labels)] += value;
}

void MetricSamples::gauge(const std::string& name, std::string_view help, double value, const MetricLabels& labels) {
  family(name, help, "gauge").samples[series(name, labels)] += value;
}

void MetricSamples::histogram(const std::string& name, std::string_view help,
                              const DurationHistogram::Snapshot& snapshot, const MetricLabels& labels) {
  auto& buckets = family(name, help, "histogram").buckets;
  const auto add = [&buckets](std::string bucket, double value) {
    const auto known =
        std::find_if(buckets.begin(), buckets.end(), [&](const auto& each) { return each.first == bucket; });
    if (known == buckets.end())
      buckets.emplace_back(std::move(bucket), value);
    else
      known->second += value;
  };
  for (std::size_t i = 0; i < snapshot.up_to.size(); ++i) {
    MetricLabels with_bound = labels;
    const bool is_last = i == DurationHistogram::bounds_seconds.size();
    with_bound.emplace_back("le", is_last ? "+Inf" : number(DurationHistogram::bounds_seconds[i]));
    add(series(name + "_bucket", with_bound), static_cast<double>(snapshot.up_to[i]));
  }
  add(series(name + "_sum", labels), snapshot.sum_seconds);
  add(series(name + "_count", labels), static_cast<double>(snapshot.up_to.back()));
}

std::string MetricSamples::text() const {
  std::string out;
  const auto line = [&out](const std::pair<std::string, double>& sample) {
    out += sample.first + " " + number(sample.second) + "\n";
  };
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " ";
    append_escaped(out, family.help, false);
    out += "\n# TYPE " + name + " " + std::string(family.type) + "\n";
    for (const auto& sample : family.samples) line(sample);
    for (const auto& sample : family.buckets) line(sample);
  }
  return out;
}

template <class Kind>
Kind& Metrics::find_or_make(Known<Kind>& known, const std::string& name, std::string_view help,
                            const MetricLabels& labels) {
  auto& found = known[{name, labels}];
  if (!found) {
    found = std::make_unique<Named<Kind>>();
    found->name = name;
    found->help = help;
    found->labels = labels;
  }
  return found->value;
}

Counter& Metrics::counter(const std::string& name, std::string_view help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  return find_or_make(counters_, name, help, labels);
}

DurationHistogram& Metrics::histogram(const std::string& name, std::string_view help, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  return find_or_make(histograms_, name, help, labels);
}

void Metrics::on_scrape(std::function<void(MetricSamples&)> look) {
  const std::lock_guard lock(mutex_);
  looks_.push_back(std::move(look));
}

std::string Metrics::scrape() const {
  MetricSamples samples;
  std::vector<std::function<void(MetricSamples&)>> looks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, counter] : counters_) {
      samples.counter(counter->name, counter->help, static_cast<double>(counter->value.value()), counter->labels);
    }
    for (const auto& [key, histogram] : histograms_) {
      samples.histogram(histogram->name, histogram->help, histogram->value.snapshot(), histogram->labels);
    }
    looks = looks_;
  }
  for (const auto& look : looks) look(samples);
  return samples.text();
}

}  // namespace lightfast
