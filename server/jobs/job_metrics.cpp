#include "server/jobs/job_metrics.h"

namespace lightfast::jobs {

JobMetrics::JobMetrics(Metrics& metrics)
    : missed(metrics.counter("lightfast_fetches_missed_total",
                             "Images that faded at their provider before they could be fetched.")),
      metrics_(metrics) {
  metrics.on_scrape([this](MetricSamples& samples) {
    samples.gauge("lightfast_jobs_active", "Generations and fetches under way.", static_cast<double>(active));
    samples.gauge("lightfast_fetches_waiting", "Fetches that wait for a place.", static_cast<double>(waiting_to_fetch));
  });
}

void JobMetrics::provider_called(const std::string& provider, std::string_view outcome,
                                 std::chrono::nanoseconds duration) {
  metrics_
      .counter("lightfast_provider_calls_total", "Calls that create an image at a provider, by outcome.",
               {{"provider", provider}, {"outcome", std::string(outcome)}})
      .add();
  metrics_
      .histogram("lightfast_provider_call_duration_seconds",
                 "How long a provider took to answer the call that creates an image.", {{"provider", provider}})
      .observe(duration);
}

void JobMetrics::fetched(std::string_view outcome, std::chrono::nanoseconds duration) {
  metrics_
      .counter("lightfast_fetches_total", "Images fetched, proven and stored, by outcome.",
               {{"outcome", std::string(outcome)}})
      .add();
  metrics_.histogram("lightfast_fetch_duration_seconds", "Time to fetch, prove and store an image, retries included.")
      .observe(duration);
}

void JobMetrics::ended(const db::JobRecord& job) {
  metrics_
      .counter("lightfast_jobs_total", "Jobs that ended, by kind and state.",
               {{"kind", std::string(to_string(job.kind))}, {"state", std::string(to_string(job.state))}})
      .add();
}

}  // namespace lightfast::jobs
