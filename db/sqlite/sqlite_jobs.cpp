#include "db/sqlite/sqlite_jobs.h"

#include <algorithm>

namespace lightfast::db::sqlite {
namespace {

constexpr std::string_view all_but_the_longest =
    "id, kind, state, user_id, image_id, provider, model, prediction_id, poll_url, owner, lease_until, deadline, "
    "attempts, source_fades_at, error_code, error_detail, error_members, webhook_url, webhook_attempts, "
    "webhook_next_at, created_at, updated_at, source_url, batch_id, batch_index, tried, details, outputs, ";

const std::string columns = std::string(all_but_the_longest) + "provider_response, request";
const std::string listed_columns = std::string(all_but_the_longest) + "NULL, NULL";

std::string placeholders() {
  std::string marks = "?";
  for (auto commas = std::count(columns.begin(), columns.end(), ','); commas > 0; --commas) marks += ", ?";
  return marks;
}

void bind_job(Statement& statement, const JobRecord& job) {
  statement.bind(job.id, to_string(job.kind), to_string(job.state), job.user, job.image_id);
  statement.bind(null_if_empty(job.provider), null_if_empty(job.model), null_if_empty(job.prediction_id));
  statement.bind(null_if_empty(job.poll_url), null_if_empty(job.owner), job.lease_until, job.deadline, job.attempts);
  statement.bind(job.source_fades_at, null_if_empty(job.error_code), null_if_empty(job.error_detail));
  statement.bind(null_if_empty(job.error_members), null_if_empty(job.webhook_url), job.webhook_attempts);
  statement.bind(job.webhook_next_at, job.created_at, job.updated_at, null_if_empty(job.source_url));
  statement.bind(null_if_empty(job.batch_id), job.batch_index);
  statement.bind(null_if_empty(job.tried), null_if_empty(job.details), null_if_empty(job.outputs));
  statement.bind(null_if_empty(job.provider_response), null_if_empty(job.request));
}

template <class T>
T require_known(std::optional<T> value, const std::string& id, std::string_view column) {
  if (!value) throw SqliteError(Error{Errc::damaged, "job " + id + " has an unknown " + std::string(column)});
  return *value;
}

JobRecord read_job(Statement& row) {
  std::string id = row.text();
  const JobKind kind = require_known(parse_job_kind(row.text()), id, "kind");
  const JobState state = require_known(parse_job_state(row.text()), id, "state");
  UserId user = row.user_id();
  JobRecord job{std::move(id), kind, state, std::move(user), row.image_id()};
  job.provider = row.text();
  job.model = row.text();
  job.prediction_id = row.text();
  job.poll_url = row.text();
  job.owner = row.text();
  job.lease_until = row.optional_time();
  job.deadline = row.time();
  job.attempts = static_cast<std::uint32_t>(row.integer());
  job.source_fades_at = row.optional_time();
  job.error_code = row.text();
  job.error_detail = row.text();
  job.error_members = row.text();
  job.webhook_url = row.text();
  job.webhook_attempts = static_cast<std::uint32_t>(row.integer());
  job.webhook_next_at = row.optional_time();
  job.created_at = row.time();
  job.updated_at = row.time();
  job.source_url = row.text();
  job.batch_id = row.text();
  job.batch_index = static_cast<std::uint32_t>(row.integer());
  job.tried = row.text();
  job.details = row.text();
  job.outputs = row.text();
  job.provider_response = row.text();
  job.request = row.text();
  return job;
}

}  // namespace

template <class... Values>
Result<std::vector<JobRecord>> SqliteJobs::select(const std::string& what, std::string_view rest,
                                                  const Values&... values) const {
  return guarded([&]() -> Result<std::vector<JobRecord>> {
    std::vector<JobRecord> jobs;
    Statement row(connection_, "SELECT " + what + " FROM jobs WHERE " + std::string(rest), values...);
    while (row.next_row()) jobs.push_back(read_job(row));
    return jobs;
  });
}

template <class... Values>
Result<std::optional<JobRecord>> SqliteJobs::select_one(std::string_view rest, const Values&... values) const {
  auto jobs = select(columns, rest, values...);
  if (!jobs) return jobs.error();
  if (jobs->empty()) return std::nullopt;
  return std::optional(std::move(jobs->front()));
}

Result<std::optional<JobRecord>> SqliteJobs::find(const std::string& id) const {
  return select_one("id = ?", id);
}

Result<std::optional<JobRecord>> SqliteJobs::find_by_image(const ImageId& image_id) const {
  return select_one("image_id = ?", image_id);
}

Result<std::optional<JobRecord>> SqliteJobs::find_by_prediction(const std::string& provider,
                                                                const std::string& prediction_id) const {
  return select_one("prediction_id = ? AND provider = ? ORDER BY created_at DESC LIMIT 1", prediction_id, provider);
}

Result<std::vector<JobRecord>> SqliteJobs::of_batch(const std::string& batch_id) const {
  return select(listed_columns, "batch_id = ? ORDER BY batch_index", batch_id);
}

Result<std::vector<JobRecord>> SqliteJobs::find_all(const std::vector<std::string>& ids) const {
  std::vector<JobRecord> found;
  for (const std::string& id : ids) {
    auto job = select(listed_columns, "id = ?", id);
    if (!job) return job.error();
    if (!job->empty()) found.push_back(std::move(job->front()));
  }
  return found;
}

Result<std::optional<JobRecord>> SqliteJobs::find_by_source(const UserId& user, const std::string& source_url) const {
  return select_one("source_url = ? AND user_id = ? AND source_url IS NOT NULL ORDER BY created_at DESC LIMIT 1",
                    source_url, user);
}

// The conditions of these three stand as the partial indexes have them, or they would not be used.
Result<std::vector<JobRecord>> SqliteJobs::unfinished() const {
  return select(
      columns,
      "state NOT IN ('succeeded', 'failed') ORDER BY source_fades_at IS NULL, source_fades_at, created_at, id");
}

Result<std::vector<JobRecord>> SqliteJobs::due_webhooks(Timestamp now, std::uint32_t limit) const {
  return select(columns, "webhook_next_at IS NOT NULL AND webhook_next_at <= ? ORDER BY webhook_next_at, id LIMIT ?",
                now, limit);
}

Result<std::uint64_t> SqliteJobs::forget_finished_before(Timestamp time) {
  return changing(connection_, [&]() -> Result<std::uint64_t> {
    Statement row(connection_,
                  "DELETE FROM jobs WHERE rowid IN (SELECT rowid FROM jobs INDEXED BY jobs_over WHERE state IN "
                  "('succeeded', 'failed') "
                  "AND webhook_next_at IS NULL AND updated_at < ? ORDER BY updated_at LIMIT 1000) RETURNING 1",
                  time);
    std::uint64_t forgotten = 0;
    while (row.next_row()) ++forgotten;
    return forgotten;
  });
}

Result<std::map<JobState, std::uint64_t>> SqliteJobs::count_by_state() const {
  return guarded([&]() -> Result<std::map<JobState, std::uint64_t>> {
    std::map<JobState, std::uint64_t> counts;
    for (const JobState state : all_job_states) counts[state] = 0;
    Statement row(connection_, "SELECT state, count(*) FROM jobs GROUP BY state");
    while (row.next_row()) {
      const auto state = require_known(parse_job_state(row.text()), "of the count", "state");
      counts[state] = row.count();
    }
    return counts;
  });
}

Result<std::uint64_t> SqliteJobs::count_unfinished(const UserId& user, JobKind kind) const {
  return guarded([&]() -> Result<std::uint64_t> {
    Statement row(connection_,
                  "SELECT count(*) FROM jobs INDEXED BY jobs_unfinished "
                  "WHERE state NOT IN ('succeeded', 'failed') AND user_id = ? AND kind = ?",
                  user, to_string(kind));
    row.next_row();
    return row.count();
  });
}

Result<std::uint64_t> SqliteJobs::count_missed() const {
  return guarded([&]() -> Result<std::uint64_t> {
    Statement row(connection_, "SELECT last FROM sequences WHERE name = 'missed_fetches'");
    return row.next_row() ? row.count() : 0;
  });
}

Result<std::optional<JobRecord>> SqliteJobs::find_awaiting(const std::optional<UserId>& user,
                                                           const std::string& source_url) const {
  return select_one(
      "id = (SELECT id FROM jobs INDEXED BY jobs_unfinished "
      "WHERE state NOT IN ('succeeded', 'failed') AND (?1 = '' OR user_id = ?1) AND (source_url = ?2 OR "
      "EXISTS (SELECT 1 FROM json_tree(outputs) WHERE atom = ?2)) LIMIT 1)",
      user ? user->str() : std::string(), source_url);
}

Result<void> SqliteJobs::add_missed() {
  return changing(connection_, [&]() -> Result<void> {
    Statement(connection_,
              "INSERT INTO sequences (name, last) VALUES ('missed_fetches', 1) "
              "ON CONFLICT (name) DO UPDATE SET last = last + 1")
        .run();
    return {};
  });
}

Result<void> SqliteJobs::insert(const JobRecord& job) {
  return changing(connection_, [&]() -> Result<void> {
    static const std::string sql =
        "INSERT INTO jobs (" + columns + ") VALUES (" + placeholders() + ") ON CONFLICT DO NOTHING RETURNING 1";
    Statement row(connection_, sql);
    bind_job(row, job);
    if (!row.next_row()) return Error{Errc::conflict, "there is a job with this id, or for this image, already"};
    row.run();
    return {};
  });
}

Result<void> SqliteJobs::update(const JobRecord& job) {
  return changing(connection_, [&]() -> Result<void> {
    static const std::string sql =
        "UPDATE jobs SET (" + columns + ") = (" + placeholders() + ") WHERE id = ? RETURNING 1";
    Statement row(connection_, sql);
    bind_job(row, job);
    row.bind(job.id);
    if (!row.next_row()) return Error{Errc::not_found, "there is no such job"};
    row.run();
    return {};
  });
}

}  // namespace lightfast::db::sqlite
