// What jobs count: calls of providers, fetches, ends. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "db/jobs.h"

namespace lightfast::jobs {

class JobMetrics {
 public:
  explicit JobMetrics(Metrics& metrics);  // which outlives it

  // `outcome`: "ok", or the code of the error.
  void provider_called(const std::string& provider, std::string_view outcome, std::chrono::nanoseconds duration);
  void fetched(std::string_view outcome, std::chrono::nanoseconds duration);
  void ended(const db::JobRecord& job);

  Counter& missed;  // outputs that faded before they could be fetched
  std::atomic<std::size_t> active = 0;
  std::atomic<std::size_t> waiting_to_fetch = 0;

 private:
  Metrics& metrics_;
};

}  // namespace lightfast::jobs
