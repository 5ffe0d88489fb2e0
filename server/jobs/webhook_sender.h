// Tells callers that their jobs have ended: a POST of the job's JSON, signed as Standard Webhooks have it, tried again
// for an hour. What is still to be sent stands in the jobs' rows. One executor.
#pragma once

#include <string>

#include "base/http_client.h"
#include "base/log.h"
#include "server/jobs/job_answer.h"
#include "server/jobs/job_service.h"
#include "server/jobs/job_store.h"

namespace lightfast::jobs {

class WebhookSender {
 public:
  // `client` reaches only where downloads may.
  WebhookSender(JobStore& store, JobService& jobs, const JobAnswers& answers, HttpClient& client, std::string secret,
                const Clock& clock, Logger& log);

  // Begins to send what is due now; it outlives its coroutines.
  Task<void> send_due();

 private:
  Task<void> send(db::JobRecord job);
  Task<bool> keep(db::JobRecord job);

  JobStore& store_;
  JobService& jobs_;
  const JobAnswers& answers_;
  HttpClient& client_;
  std::string secret_;
  const Clock& clock_;
  Logger& log_;
  std::size_t in_flight_ = 0;
};

}  // namespace lightfast::jobs
