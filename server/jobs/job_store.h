// The rows of jobs, and of the answers kept for Idempotency-Key. Any thread; it must outlive its coroutines.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"
#include "db/database.h"

namespace lightfast::jobs {

// What names a request that must not be done twice.
struct IdempotencyKey {
  std::string caller;
  std::string key;
  std::string request_hash;  // of path and body
};

// An answer as it was, or is to be, given.
struct Answer {
  int status = 200;
  std::string json;
};

// Whose images count as what a URL became: the user's own public ones, or also all that anybody has.
enum class Reach { own, all_users };

// What is known of an Idempotency-Key that came again.
struct EarlierRequest {
  std::string job_id;  // empty where none was made
  int status = 0;      // 0: still under way
  std::string response;
};

class JobStore {
 public:
  JobStore(db::Database& database, Workers& readers, const Clock& clock);

  // Asked within the change that makes new rows, before it does; an error undoes it. Empty: nothing is asked.
  using Admit = std::function<Result<void>(const db::Session&)>;

  // Either makes all rows, or, where the key was used before, none, and says what became of that request. An `answer`
  // that is known already is kept with the key. Errc::idempotency_mismatch: the key was used for another request.
  Task<Result<std::optional<EarlierRequest>>> insert(std::vector<db::JobRecord> jobs, std::optional<IdempotencyKey> key,
                                                     std::optional<Answer> answer, Admit admit = {});
  Task<Result<std::optional<EarlierRequest>>> find_earlier(IdempotencyKey key);

  // The same for requests that need no job.
  Task<Result<std::optional<EarlierRequest>>> begin(IdempotencyKey key);
  Task<Result<void>> keep_answer(IdempotencyKey key, int status, std::string response);
  Task<Result<void>> forget(IdempotencyKey key);

  // What is known of a URL that this user brings in: its image, or else a job that is at it, or was last.
  struct KnownSource {
    std::optional<db::ImageRecord> image;
    std::optional<db::JobRecord> job;
  };
  Task<Result<KnownSource>> find_source(UserId user, std::string url, Reach reach);
  // Errc::conflict where there is that image, or a job that is at it.
  static Admit unless_under_way(UserId user, std::string url, Reach reach);

  Task<Result<void>> save(db::JobRecord job);
  Task<Result<void>> save_webhook(db::JobRecord job);  // leaves the time of the job's end as it is
  Task<Result<db::JobRecord>> get(std::string id);     // Errc::not_found
  Task<Result<std::vector<db::JobRecord>>> of_batch(std::string batch_id);
  Task<Result<std::vector<db::JobRecord>>> find_all(std::vector<std::string> ids);  // those there are
  Task<Result<std::optional<db::JobRecord>>> find_by_image(ImageId image);
  Task<Result<std::optional<db::JobRecord>>> find_by_prediction(std::string provider, std::string prediction_id);
  bool knows_prediction(const std::string& provider, const std::string& prediction_id);  // blocks, for a moment
  Task<Result<std::optional<db::ImageRecord>>> find_image(ImageId image);  // or the one that it is an alias of
  Result<std::vector<db::JobRecord>> unfinished() const;                   // blocks
  Task<Result<std::vector<db::JobRecord>>> due_webhooks();

  Task<Result<void>> add_missed();  // an output faded before it could be fetched

  // Ended jobs and kept answers go after a day.
  Task<Result<void>> clean_up();

 private:
  template <class Fn>
  Task<std::invoke_result_t<Fn&, const db::Session&>> read(Fn fn);

  db::Database& database_;
  Workers& readers_;
  const Clock& clock_;
};

}  // namespace lightfast::jobs
