// POST /v1/webhooks/{provider}: a provider says that a prediction has moved on. Nothing in it is believed but that: the
// job asks the provider itself.
#pragma once

#include "base/clock.h"
#include "base/memory_budget.h"
#include "server/http/message.h"
#include "server/jobs/job_service.h"
#include "server/providers/registry.h"
#include "server/providers/webhook_verifier.h"

namespace lightfast::routes {

class WebhookRoutes {
 public:
  static constexpr std::uint64_t body_limit = 4 << 20;

  WebhookRoutes(jobs::JobService& jobs, const providers::Registry& providers, const Clock& clock);

  // Errc::unauthorized for a wrong or old signature, before the body is read where the headers show it;
  // Errc::overloaded while too many are being read; 200 otherwise, also for predictions that nobody knows and for
  // repetitions.
  Task<Result<http::Response>> receive(http::Request& request);

 private:
  jobs::JobService& jobs_;
  const providers::Registry& providers_;
  providers::WebhookVerifier verifier_;
  MemoryBudget memory_;
};

}  // namespace lightfast::routes
