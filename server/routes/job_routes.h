// GET /v1/jobs/{job} and GET /v1/jobs: how generations and imports stand, one or many in one call.
#pragma once

#include "server/guard/caller.h"
#include "server/http/message.h"
#include "server/jobs/job_service.h"

namespace lightfast::routes {

class JobRoutes {
 public:
  JobRoutes(jobs::JobService& jobs, const jobs::JobAnswers& answers) : jobs_(jobs), answers_(answers) {}

  Task<Result<http::Response>> get(http::Request& request, guard::Caller caller);
  Task<Result<http::Response>> list(http::Request& request, guard::Caller caller);

 private:
  Task<Result<std::vector<jobs::JobView>>> asked_for(const http::Request& request, guard::Caller caller);

  jobs::JobService& jobs_;
  const jobs::JobAnswers& answers_;
};

}  // namespace lightfast::routes
