// A job on its way through the runner: its row, and what is known of it only in memory. The runner's executor.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "server/jobs/job_runner.h"

namespace lightfast::jobs {

struct JobRunner::Course {
  db::JobRecord job;
  JobRequest request;
  std::vector<JobOutput> outputs;
  std::vector<std::string> bytes;              // of outputs without a URL, by index; not in the row
  Timestamp called_at{};                       // when the paid call was, or may have been, sent
  bool fresh = true;                           // the outputs were made just now: their URLs may need a moment
  std::chrono::seconds retry{15};              // until the next try of a fetch that goes on until its URL fades
  boost::asio::steady_timer* pause = nullptr;  // while it lasts
  bool is_nudged = false;                      // so the next pause is none

  const Attempt& attempt() const { return request.attempts[job.attempts]; }
  bool is_last_attempt() const { return job.attempts + 1 >= request.attempts.size(); }
  bool has_bytes(std::size_t index) const { return index < bytes.size() && !bytes[index].empty(); }
  bool has_lost_bytes() const;  // of an output that is not stored
  bool has_images() const;      // stored, if only of some outputs
};

// The error of a generation's output, as the caller is told.
Error as_provider_failure(Error error, const db::JobRecord& job);

}  // namespace lightfast::jobs
