// Generations and fetches as jobs: made, waited for, looked up, and taken up again after a restart. Any thread may
// call; the jobs themselves run on the executor given. It must outlive its coroutines.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/jobs/job_answer.h"
#include "server/jobs/job_runner.h"
#include "server/jobs/job_store.h"
#include "server/jobs/waiters.h"

namespace lightfast::jobs {

// An image whose URL was handed out before there was one.
struct Promise {
  std::string job_id;
  db::Visibility visibility = db::Visibility::private_;
};

// What became of a URL that is brought in once for all who ask; neither: it is still under way.
struct Fetched {
  std::optional<db::ImageRecord> image;
  std::optional<Error> failed;  // it may be tried again in the background
};

class JobService {
 public:
  JobService(boost::asio::any_io_executor executor, JobStore& store, JobRunner& runner, Waiters& ended,
             const JobAnswers& answers, const IdGenerator& ids, const Clock& clock, Logger& log);

  // What the caller is told: the end of the one job, or at once that it, or that all of them, are accepted.
  enum class Reply { when_ended, accepted, accepted_list };

  // Durable and started when this returns. The answer is a 202, or, for Reply::when_ended, what wait() makes of it; of
  // a request repeated with its Idempotency-Key the first answer, and nothing is started. `admit` may refuse all.
  Task<Result<Answer>> submit(std::vector<JobRequest> requests, std::optional<IdempotencyKey> key, Reply reply,
                              JobStore::Admit admit = {});

  // The image that the request's source_url is, or becomes: found within `reach`, or awaited for `patience` from the
  // job that is at it, or from a new one. One that failed for good is not tried again while its job is known.
  Task<Result<Fetched>> fetch_once(JobRequest request, std::chrono::milliseconds patience, Reach reach = Reach::own);

  // Of an import that was done without a job, under its promised id: the webhook is sent all the same.
  Task<Result<void>> tell(JobRequest request, const Result<ingest::StoredImage>& outcome);
  ImageId promise() const { return ids_.next_image_id(); }

  // When the job has ended, or has given its caller something to go on with.
  Task<Result<JobView>> wait(std::string job_id);
  Task<Result<JobView>> get(std::string job_id);

  // Several at once, as far as `may_see` lets: of a batch in the order of its items, or those of these ids that there
  // are.
  using MaySee = std::function<bool(const db::JobRecord&)>;
  Task<Result<std::vector<JobView>>> of_batch(std::string batch_id, MaySee may_see);
  Task<Result<std::vector<JobView>>> find_all(std::vector<std::string> ids, MaySee may_see);

  // The answer that was given to this request before; nullopt if it never came.
  Task<Result<std::optional<Answer>>> earlier_answer(IdempotencyKey key);

  // What was promised under this id. Errc::not_found: nothing, or to another user.
  Task<Result<Promise>> find_promise(UserId user, ImageId reserved);

  // The image that came of it, once it is there. Errc::generation_failed; Errc::pending after 25 s; Errc::not_found
  // where it was removed again.
  Task<Result<db::ImageRecord>> await_image(Promise promise);

  // The provider has news of this prediction.
  Task<void> hear_of(std::string provider, std::string prediction_id);

  // Lets the jobs stand where they stand and their waiters go: the process ends.
  void stop();
  std::size_t active() const { return runner_.active(); }

  // Takes up what a crash or a stop left. Blocks; to be called before anything else can submit, or a job would run
  // twice.
  Result<void> recover();

 private:
  db::JobRecord make_record(const JobRequest& request) const;
  void make_batch(std::vector<db::JobRecord>& jobs) const;
  void nudge(std::string job_id);
  void start(db::JobRecord job, std::optional<IdempotencyKey> key);
  Task<void> run(db::JobRecord job, std::optional<IdempotencyKey> key);
  Task<Result<Answer>> answer_again(EarlierRequest earlier);
  Task<Result<Answer>> answer_when_ended(std::string job_id);
  Task<void> keep_answer(std::string job_id, IdempotencyKey key);
  Task<Result<JobView>> wait(std::string job_id, std::chrono::milliseconds timeout);
  Task<Result<JobView>> view_of(db::JobRecord job);
  Task<Result<std::vector<JobView>>> views_of(Result<std::vector<db::JobRecord>> jobs, MaySee may_see);

  boost::asio::any_io_executor executor_;
  JobStore& store_;
  JobRunner& runner_;
  Waiters& ended_;
  const JobAnswers& answers_;
  const IdGenerator& ids_;
  const Clock& clock_;
  Logger& log_;
};

}  // namespace lightfast::jobs
