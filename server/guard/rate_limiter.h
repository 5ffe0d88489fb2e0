// Keeps callers to a rate and tells them so: RATE_LIMIT_SERVE for readers of images, RATE_LIMIT_WRITE for those who
// create or change. Who is counted, the routes say. Any thread.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "server/guard/token_buckets.h"
#include "server/http/message.h"

namespace lightfast::guard {

class RateLimiter {
 public:
  // Without a rate everything is allowed. `refused` outlives it.
  RateLimiter(const std::optional<Rate>& rate, const Clock& clock, Counter& refused);

  bool is_on() const { return buckets_ != nullptr; }
  Taken take(const Subject& subject) { return is_on() ? buckets_->take(subject) : Taken(); }

  // 429 rate_limited, and counts it.
  http::Response refuse(const Taken& taken);
  // RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset.
  static void describe(const Taken& taken, http::Headers& headers);

 private:
  std::unique_ptr<TokenBuckets> buckets_;
  Counter& refused_;
};

struct RateLimits {
  RateLimits(Metrics& metrics, const Clock& clock, const std::optional<Rate>& serve, const std::optional<Rate>& write);

  RateLimiter serving;
  RateLimiter writing;
};

}  // namespace lightfast::guard
