// Idempotency-Key for requests that are answered without a job: done once, and the first answer given again, also to
// those who ask while it is under way. Failures are not kept. Any thread; it must outlive its coroutines.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include "server/jobs/job_answer.h"
#include "server/jobs/job_store.h"
#include "server/jobs/waiters.h"

namespace lightfast::jobs {

class Once {
 public:
  Once(JobStore& store, Logger& log) : store_(store), log_(log) {}

  // `work` lives until it has run. Errc::idempotency_mismatch: the key was used for another request.
  Task<Result<Answer>> run(std::optional<IdempotencyKey> key, std::function<Task<Result<Answer>>()> work);

 private:
  class Turn;
  Task<Result<Answer>> run_and_keep(IdempotencyKey key, const std::function<Task<Result<Answer>>()>& work);
  bool enter(const std::string& name);  // false: another request of this process is at it
  void leave(const std::string& name);

  JobStore& store_;
  Logger& log_;
  Waiters finished_;
  std::mutex mutex_;
  std::unordered_set<std::string> running_;  // keys of a row without answer that are not here: cut off by a crash
};

}  // namespace lightfast::jobs
