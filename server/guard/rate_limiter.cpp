#include "server/guard/rate_limiter.h"

#include "server/http/error_response.h"

namespace lightfast::guard {
namespace {

Counter& counter_of(Metrics& metrics, const char* kind) {
  return metrics.counter("lightfast_rate_limited_total", "Requests refused with 429, by the rate that they were over.",
                         {{"limit", kind}});
}

}  // namespace

RateLimiter::RateLimiter(const std::optional<Rate>& rate, const Clock& clock, Counter& refused)
    : buckets_(rate ? std::make_unique<TokenBuckets>(*rate, clock) : nullptr), refused_(refused) {}

http::Response RateLimiter::refuse(const Taken& taken) {
  refused_.add();
  auto response =
      http::error_response({Errc::rate_limited, "too many requests; Retry-After says when again", taken.retry_in});
  describe(taken, response.headers);
  return response;
}

void RateLimiter::describe(const Taken& taken, http::Headers& headers) {
  headers.set("RateLimit-Limit", std::to_string(taken.limit));
  headers.set("RateLimit-Remaining", std::to_string(taken.remaining));
  headers.set("RateLimit-Reset", std::to_string(taken.full_in.count()));
}

RateLimits::RateLimits(Metrics& metrics, const Clock& clock, const std::optional<Rate>& serve,
                       const std::optional<Rate>& write)
    : serving(serve, clock, counter_of(metrics, "serve")), writing(write, clock, counter_of(metrics, "write")) {}

}  // namespace lightfast::guard
