#include "server/jobs/job_store.h"

#include "db/access.h"
#include "server/jobs/job.h"

namespace lightfast::jobs {
namespace {

constexpr auto kept_for = db::idempotency_kept_for;  // ended jobs too
constexpr std::uint32_t webhook_batch = 50;
constexpr std::uint64_t clean_up_batch = 1000;  // of the database

Error mismatch() {
  return {Errc::idempotency_mismatch, "this Idempotency-Key was used for another request; use a new one"};
}

db::IdempotencyRecord new_record(const IdempotencyKey& key, std::string job_id, Timestamp now) {
  return {key.caller, key.key, key.request_hash, std::move(job_id), 0, {}, now};
}

// A key counts as unused once it is too old, and where its job failed before any provider had accepted it.
Result<bool> counts(const db::Session& session, const db::IdempotencyRecord& record, Timestamp now) {
  if (record.created_at + kept_for < now) return false;
  if (record.status != 0 || record.job_id.empty()) return true;
  auto job = session.jobs().find(record.job_id);
  if (!job) return job.error();
  return *job && ((*job)->state != db::JobState::failed || may_be_paid(**job));
}

Result<std::optional<EarlierRequest>> find_counting(const db::Session& session, const IdempotencyKey& key,
                                                    Timestamp now) {
  auto found = session.idempotency_keys().find(key.caller, key.key);
  if (!found) return found.error();
  if (!*found) return std::optional<EarlierRequest>();
  auto counting = counts(session, **found, now);
  if (!counting) return counting.error();
  if (!*counting) return std::optional<EarlierRequest>();
  if ((*found)->request_hash != key.request_hash) return mismatch();
  return std::optional(EarlierRequest{(*found)->job_id, (*found)->status, (*found)->response});
}

Result<std::optional<db::ImageRecord>> find_image_of(const db::Images& images, const UserId& user,
                                                     const std::string& url, Reach reach) {
  auto image = images.find_public_by_source(user, url);
  if (!image || *image || reach == Reach::own) return image;
  image = images.find_public_by_source(std::nullopt, url);
  if (!image || *image) return image;
  return images.find_by_source(std::nullopt, url);
}

bool makes_public(const db::JobRecord& job) {
  const auto request = parse_request(job.request, job.user);
  return request && request->facts.visibility == db::Visibility::public_;
}

Result<std::optional<db::JobRecord>> find_job_of(const db::Jobs& jobs, const UserId& user, const std::string& url,
                                                 Reach reach) {
  auto last = jobs.find_by_source(user, url);
  if (!last) return last;
  if (*last && !makes_public(**last)) last->reset();
  if (*last && !db::has_ended((*last)->state)) return last;
  auto awaiting = jobs.find_awaiting(reach == Reach::own ? std::optional(user) : std::nullopt, url);
  if (!awaiting) return awaiting;
  const bool counts = *awaiting && (reach == Reach::all_users || makes_public(**awaiting));
  return counts ? awaiting : last;
}

Result<JobStore::KnownSource> look_for(const db::Session& session, const UserId& user, const std::string& url,
                                       Reach reach) {
  JobStore::KnownSource known;
  auto image = find_image_of(session.images(), user, url, reach);
  if (!image) return image.error();
  known.image = std::move(*image);
  if (known.image) return known;
  auto job = find_job_of(session.jobs(), user, url, reach);
  if (!job) return job.error();
  known.job = std::move(*job);
  return known;
}

// nullopt: the key is ours now.
Result<std::optional<EarlierRequest>> claim(db::Session& session, const IdempotencyKey& key, const std::string& job_id,
                                            Timestamp now) {
  auto earlier = find_counting(session, key, now);
  if (!earlier || *earlier) return earlier;
  if (auto removed = session.idempotency_keys().remove(key.caller, key.key); !removed) return removed.error();
  auto inserted = session.idempotency_keys().insert(new_record(key, job_id, now));
  if (!inserted) return inserted.error();
  return std::optional<EarlierRequest>();
}

}  // namespace

JobStore::JobStore(db::Database& database, Workers& readers, const Clock& clock)
    : database_(database), readers_(readers), clock_(clock) {}

template <class Fn>
Task<std::invoke_result_t<Fn&, const db::Session&>> JobStore::read(Fn fn) {
  auto found = co_await readers_.run([&] { return db::read(database_, fn); });
  co_return found;
}

Task<Result<std::optional<EarlierRequest>>> JobStore::insert(std::vector<db::JobRecord> jobs,
                                                             std::optional<IdempotencyKey> key,
                                                             std::optional<Answer> answer, Admit admit) {
  const Timestamp now = clock_.now();
  auto done = co_await db::commit(database_, [&](db::Session& session) -> Result<std::optional<EarlierRequest>> {
    if (key) {
      auto earlier = claim(session, *key, jobs.front().id, now);
      if (!earlier || *earlier) return earlier;
      if (answer) {
        auto kept = session.idempotency_keys().finish(key->caller, key->key, answer->status, answer->json);
        if (!kept) return kept.error();
      }
    }
    if (admit) {
      if (auto admitted = admit(session); !admitted) return admitted.error();
    }
    for (const auto& job : jobs) {
      if (auto inserted = session.jobs().insert(job); !inserted) return inserted.error();
    }
    return std::optional<EarlierRequest>();
  });
  co_return done;
}

Task<Result<std::optional<EarlierRequest>>> JobStore::find_earlier(IdempotencyKey key) {
  const Timestamp now = clock_.now();
  auto earlier = co_await read([&](const db::Session& session) { return find_counting(session, key, now); });
  co_return earlier;
}

Task<Result<std::optional<EarlierRequest>>> JobStore::begin(IdempotencyKey key) {
  const Timestamp now = clock_.now();
  auto earlier = co_await db::commit(database_, [&](db::Session& session) { return claim(session, key, {}, now); });
  co_return earlier;
}

Task<Result<void>> JobStore::keep_answer(IdempotencyKey key, int status, std::string response) {
  auto done = co_await db::commit(database_, [&](db::Session& session) {
    return session.idempotency_keys().finish(key.caller, key.key, status, response);
  });
  co_return done;
}

Task<Result<void>> JobStore::forget(IdempotencyKey key) {
  auto done = co_await db::commit(
      database_, [&](db::Session& session) { return session.idempotency_keys().remove(key.caller, key.key); });
  co_return done;
}

Task<Result<JobStore::KnownSource>> JobStore::find_source(UserId user, std::string url, Reach reach) {
  auto known = co_await read([&](const db::Session& session) { return look_for(session, user, url, reach); });
  co_return known;
}

JobStore::Admit JobStore::unless_under_way(UserId user, std::string url, Reach reach) {
  return [user = std::move(user), url = std::move(url), reach](const db::Session& session) -> Result<void> {
    auto known = look_for(session, user, url, reach);
    if (!known) return known.error();
    const bool is_at_it = known->job && !db::has_ended(known->job->state);
    if (known->image || is_at_it) return Error{Errc::conflict, "this URL is being brought in already"};
    return {};
  };
}

Task<Result<void>> JobStore::save(db::JobRecord job) {
  job.updated_at = clock_.now();
  auto done = co_await db::commit(database_, [&](db::Session& session) { return session.jobs().update(job); });
  co_return done;
}

Task<Result<void>> JobStore::save_webhook(db::JobRecord job) {
  auto done = co_await db::commit(database_, [&](db::Session& session) { return session.jobs().update(job); });
  co_return done;
}

Task<Result<db::JobRecord>> JobStore::get(std::string id) {
  auto job = co_await read([&](const db::Session& session) -> Result<db::JobRecord> {
    auto found = session.jobs().find(id);
    if (!found) return found.error();
    if (!*found) return Error{Errc::not_found, "there is no such job"};
    return std::move(**found);
  });
  co_return job;
}

Task<Result<std::vector<db::JobRecord>>> JobStore::of_batch(std::string batch_id) {
  auto jobs = co_await read([&](const db::Session& session) { return session.jobs().of_batch(batch_id); });
  co_return jobs;
}

Task<Result<std::vector<db::JobRecord>>> JobStore::find_all(std::vector<std::string> ids) {
  auto jobs = co_await read([&](const db::Session& session) { return session.jobs().find_all(ids); });
  co_return jobs;
}

Task<Result<std::optional<db::JobRecord>>> JobStore::find_by_image(ImageId image) {
  auto job = co_await read([&](const db::Session& session) { return session.jobs().find_by_image(image); });
  co_return job;
}

Task<Result<std::optional<db::JobRecord>>> JobStore::find_by_prediction(std::string provider,
                                                                        std::string prediction_id) {
  auto job = co_await read(
      [&](const db::Session& session) { return session.jobs().find_by_prediction(provider, prediction_id); });
  co_return job;
}

bool JobStore::knows_prediction(const std::string& provider, const std::string& prediction_id) {
  auto job = db::read(database_, [&](const db::Session& session) {
    return session.jobs().find_by_prediction(provider, prediction_id);
  });
  return job && *job;
}

Task<Result<std::optional<db::ImageRecord>>> JobStore::find_image(ImageId image) {
  auto found = co_await read([&](const db::Session& session) { return session.images().find_aliased(image); });
  co_return found;
}

Result<std::vector<db::JobRecord>> JobStore::unfinished() const {
  return db::read(database_, [](const db::Session& session) { return session.jobs().unfinished(); });
}

Task<Result<std::vector<db::JobRecord>>> JobStore::due_webhooks() {
  const Timestamp now = clock_.now();
  auto jobs =
      co_await read([now](const db::Session& session) { return session.jobs().due_webhooks(now, webhook_batch); });
  co_return jobs;
}

Task<Result<void>> JobStore::add_missed() {
  auto done = co_await db::commit(database_, [](db::Session& session) { return session.jobs().add_missed(); });
  co_return done;
}

Task<Result<void>> JobStore::clean_up() {
  const Timestamp day_ago = clock_.now() - kept_for;
  for (bool more = true; more;) {
    auto forgotten = co_await db::commit(database_, [day_ago](db::Session& session) -> Result<std::uint64_t> {
      auto keys = session.idempotency_keys().forget_before(day_ago);
      if (!keys) return keys.error();
      auto jobs = session.jobs().forget_finished_before(day_ago);
      if (!jobs) return jobs.error();
      return std::max(*keys, *jobs);
    });
    if (!forgotten) co_return forgotten.error();
    more = *forgotten >= clean_up_batch;
  }
  co_return Result<void>();
}

}  // namespace lightfast::jobs
