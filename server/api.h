// The HTTP API put together over an App: keys, jobs, handlers, and the router that leads to them. It listens to
// nothing; `service` puts the HTTP server on top, and tests call its routes as they are.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "server/app.h"
#include "server/fast/answer_cache.h"
#include "server/guard/api_keys.h"
#include "server/guard/hotlinks.h"
#include "server/guard/rate_limiter.h"
#include "server/http/router.h"
#include "server/images/signed_urls.h"
#include "server/jobs/job_service.h"
#include "server/jobs/webhook_sender.h"
#include "server/secrets.h"

namespace lightfast {

class Api {
 public:
  // Jobs run on `executor`, which has one thread.
  Api(App& app, fast::AnswerCache& cache, boost::asio::any_io_executor executor, const Secrets& secrets);
  ~Api();

  // Brings the keys into memory and takes up unfinished jobs. Blocks; before the first request.
  Result<void> start();

  const http::Router& router() const;
  guard::ApiKeys& keys();
  guard::RateLimits& limits();
  const guard::Hotlinks& hotlinks() const;
  images::SignedUrls& signed_urls();
  jobs::JobService& jobs();
  jobs::JobStore& job_store();
  jobs::WebhookSender& webhooks();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace lightfast
