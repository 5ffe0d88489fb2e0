#include "server/ready_answers.h"

#include "server/fast/fast_lane.h"
#include "server/guard/request_metrics.h"
#include "server/routes/routes.h"

namespace lightfast {
namespace {

// As the full parser's answers to the same requests are counted (guard/request_metrics).
void add_samples(MetricSamples& samples, const fast::AnswerCache& cache) {
  const MetricLabels route{{"method", "GET"}, {"route", routes::hosted_image}};
  for (const fast::LaneCounts* lane : cache.lanes()) {
    for (std::size_t i = 0; i < lane->statuses.size(); ++i) {
      const auto answers = lane->answers[i].value();
      MetricLabels labels = route;
      labels.emplace_back("status", std::to_string(lane->statuses[i]));
      if (answers > 0)
        samples.counter(guard::requests_total, guard::requests_help, static_cast<double>(answers), labels);
      samples.counter("lightfast_cache_hits_total", "Plain reads sent from a ready answer.",
                      static_cast<double>(answers));
    }
    samples.counter("lightfast_cache_misses_total", "Plain reads for which there was no ready answer.",
                    static_cast<double>(lane->misses.value()));
    samples.counter(guard::response_bytes_total, guard::response_bytes_help,
                    static_cast<double>(lane->body_bytes.value()), route);
    samples.histogram(guard::request_duration, guard::request_duration_help, lane->duration.snapshot(), route);
  }
  samples.gauge("lightfast_cache_bytes", "Memory of ready answers.", static_cast<double>(cache.memory_bytes()));
  samples.gauge("lightfast_cache_files", "Images that have a ready answer.", static_cast<double>(cache.files()));
}

// What the routes of hosted images ask too, or nothing where there is nothing to ask.
fast::Admit admission(const Config& config, const guard::Hotlinks& hotlinks, guard::RateLimiter& limiter) {
  if (!hotlinks.are_limited() && !limiter.is_on()) return {};
  return [&hotlinks, &limiter, proxies = http::TrustedProxies(config.trusted_proxies)](
             const IpAddress& peer, const fast::PlainRequest& request) {
    if (!hotlinks.allow(request.origin, request.referer)) return false;
    const auto client = proxies.client_of(peer, {request.real_ip, request.forwarded_for});
    return limiter.take(guard::Subject::of(client)).is_allowed;
  };
}

}  // namespace

std::shared_ptr<fast::AnswerCache> open_answer_cache(App& app, std::size_t files) {
  const Config& config = app.config();
  auto cache = std::make_shared<fast::AnswerCache>(
      fast::CacheLimits{config.cache_memory_bytes, config.cache_body_max_bytes, files});
  app.database().watch_withdrawals([cache](const std::vector<ImageId>& images) { cache->withdraw(images); });
  app.accesses().ask_first([cache, &accesses = app.accesses()] {
    cache->gather_accesses(
        [&](const ImageId& id, std::uint64_t bytes, std::uint64_t count) { accesses.record(id, bytes, count); });
  });
  app.metrics().on_scrape([cache](MetricSamples& samples) { add_samples(samples, *cache); });
  return cache;
}

http::MakeLane lane_maker(App& app, Api& api, std::shared_ptr<fast::AnswerCache> cache) {
  if (app.config().cache_memory_bytes == 0 || app.log().enabled(LogLevel::debug)) return {};
  return [cache = std::move(cache), &clock = app.clock(),
          admit = admission(app.config(), api.hotlinks(), api.limits().serving)] {
    return std::make_unique<fast::FastLane>(*cache, clock, admit);
  };
}

}  // namespace lightfast
