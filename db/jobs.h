// Work that outlives the process that began it: a generation or an import, as a row before anything is paid for.
// Says what is known of it; who does it, and when, is decided elsewhere. Each call on its session's thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"

namespace lightfast::db {

enum class JobKind { generate, import };
std::string_view to_string(JobKind kind);  // "generate", "import"
std::optional<JobKind> parse_job_kind(std::string_view text);

enum class JobState {
  queued,     // nothing was asked of anybody yet
  calling,    // the provider may have been asked, its answer is not known
  running,    // the provider has it: poll_url, prediction_id
  fetching,   // the outputs are known: source_url, outputs
  succeeded,  // ended
  failed,     // ended: error_code
};
inline constexpr std::array all_job_states{JobState::queued,   JobState::calling,   JobState::running,
                                           JobState::fetching, JobState::succeeded, JobState::failed};
std::string_view to_string(JobState state);  // the enumerator's name
std::optional<JobState> parse_job_state(std::string_view text);
inline bool has_ended(JobState state) {
  return state == JobState::succeeded || state == JobState::failed;
}

struct JobRecord {
  std::string id;  // "job_" and a ULID
  JobKind kind = JobKind::generate;
  JobState state = JobState::queued;
  UserId user;
  ImageId image_id;      // reserved for the first output
  std::string request;   // JSON: what was asked for
  std::string provider;  // empty texts are stored as NULL
  std::string model;
  std::string prediction_id;
  std::string poll_url;
  std::string outputs;            // JSON
  std::string provider_response;  // the provider's raw JSON, up to 64 KB
  std::string details;            // of the outputs' making, as the provider told: a JSON object
  std::string source_url;
  std::string owner;                     // never set: one process has the data; columns for when several do
  std::optional<Timestamp> lease_until;  // likewise: until then it would be the owner's
  Timestamp deadline{};
  std::uint32_t attempts = 0;
  std::optional<Timestamp> source_fades_at;
  std::string error_code;  // a word of Errc
  std::string error_detail;
  std::string error_members;  // JSON
  std::string tried;          // JSON: the providers that failed; empty where only one was asked for
  std::string webhook_url;
  std::string batch_id;  // "batch_" and a ULID, of jobs that were asked for together
  std::uint32_t batch_index = 0;
  std::uint32_t webhook_attempts = 0;
  std::optional<Timestamp> webhook_next_at;  // absent: nothing to send
  Timestamp created_at{};
  Timestamp updated_at{};
};

class Jobs {
 public:
  virtual ~Jobs() = default;

  virtual Result<std::optional<JobRecord>> find(const std::string& id) const = 0;
  virtual Result<std::optional<JobRecord>> find_by_image(const ImageId& image_id) const = 0;
  virtual Result<std::optional<JobRecord>> find_by_prediction(const std::string& provider,
                                                              const std::string& prediction_id) const = 0;  // latest
  // What is long in a row is left out of these two: request and provider_response.
  virtual Result<std::vector<JobRecord>> of_batch(const std::string& batch_id) const = 0;          // by batch_index
  virtual Result<std::vector<JobRecord>> find_all(const std::vector<std::string>& ids) const = 0;  // those there are
  virtual Result<std::optional<JobRecord>> find_by_source(const UserId& user,
                                                          const std::string& source_url) const = 0;  // latest
  // All that have not ended: the source that fades soonest first, those that don't fade last, then by age.
  virtual Result<std::vector<JobRecord>> unfinished() const = 0;
  virtual Result<std::vector<JobRecord>> due_webhooks(Timestamp now,
                                                      std::uint32_t limit) const = 0;  // longest due first
  virtual Result<std::map<JobState, std::uint64_t>> count_by_state() const = 0;        // every state, zeros too
  virtual Result<std::uint64_t> count_unfinished(const UserId& user, JobKind kind) const = 0;
  virtual Result<std::uint64_t> count_missed() const = 0;  // ever
  // A job of this user, or of anybody, that has not ended and is to bring what lies at this URL, if only among others.
  virtual Result<std::optional<JobRecord>> find_awaiting(const std::optional<UserId>& user,
                                                         const std::string& source_url) const = 0;

  virtual Result<void> insert(const JobRecord& job) = 0;  // Errc::conflict where the id or image_id is taken
  // Replaces the whole row; Errc::not_found. Two that change the same job each read it within their change first.
  virtual Result<void> update(const JobRecord& job) = 0;
  virtual Result<void> add_missed() = 0;  // an output faded before it could be fetched
  // Drops jobs that ended before `time` and have no webhook to send: at most 1,000 a call, so that the writer is not
  // held up. Returns how many; while it is 1,000 there may be more.
  virtual Result<std::uint64_t> forget_finished_before(Timestamp time) = 0;
};

}  // namespace lightfast::db
