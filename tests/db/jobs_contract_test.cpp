#include "db/jobs.h"

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::JobKind;
using db::JobRecord;
using db::Jobs;
using db::JobState;
using db::Session;
using std::chrono::minutes;

struct JobsUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};
  IdGenerator ids{db.clock()};

  JobRecord job(JobState state = JobState::queued) {
    JobRecord job{ids.next("job_"), JobKind::generate, state, user_id("ana"), ids.next_image_id()};
    job.created_at = job.updated_at = db.now();
    job.deadline = db.now() + minutes(5);
    return job;
  }
  template <class Fn>
  auto change(Fn fn) {
    return db.change([&](Session& session) { return fn(session.jobs()); });
  }
  template <class Fn>
  auto look(Fn fn) {
    return db.look([&](const Session& session) { return fn(session.jobs()); }).value();
  }
  JobRecord add(const JobRecord& job) {
    REQUIRE(change([&](Jobs& jobs) { return jobs.insert(job); }));
    return job;
  }
  Result<void> update(const JobRecord& job) {
    return change([&](Jobs& jobs) { return jobs.update(job); });
  }
  std::optional<JobRecord> find(const std::string& id) {
    return look([&](const Jobs& jobs) { return jobs.find(id); });
  }
  std::uint64_t forget_before(Timestamp time) {
    return change([&](Jobs& jobs) { return jobs.forget_finished_before(time); }).value();
  }
};

std::vector<std::string> ids_of(const std::vector<JobRecord>& jobs) {
  std::vector<std::string> ids;
  for (const JobRecord& job : jobs) ids.push_back(job.id);
  return ids;
}

void check_same(const JobRecord& left, const JobRecord& right) {
  CHECK(left.id == right.id);
  CHECK(left.kind == right.kind);
  CHECK(left.state == right.state);
  CHECK((left.user == right.user));
  CHECK((left.image_id == right.image_id));
  CHECK(left.request == right.request);
  CHECK(left.provider == right.provider);
  CHECK(left.model == right.model);
  CHECK(left.prediction_id == right.prediction_id);
  CHECK(left.poll_url == right.poll_url);
  CHECK(left.outputs == right.outputs);
  CHECK(left.provider_response == right.provider_response);
  CHECK(left.source_url == right.source_url);
  CHECK(left.owner == right.owner);
  CHECK((left.lease_until == right.lease_until));
  CHECK((left.deadline == right.deadline));
  CHECK(left.attempts == right.attempts);
  CHECK((left.source_fades_at == right.source_fades_at));
  CHECK(left.error_code == right.error_code);
  CHECK(left.error_detail == right.error_detail);
  CHECK(left.error_members == right.error_members);
  CHECK(left.tried == right.tried);
  CHECK(left.details == right.details);
  CHECK(left.batch_id == right.batch_id);
  CHECK(left.batch_index == right.batch_index);
  CHECK(left.webhook_url == right.webhook_url);
  CHECK(left.webhook_attempts == right.webhook_attempts);
  CHECK((left.webhook_next_at == right.webhook_next_at));
  CHECK((left.created_at == right.created_at));
  CHECK((left.updated_at == right.updated_at));
}

// Every member other than the ids, so that no two columns could be exchanged unseen.
void fill(JobRecord& job, Timestamp now) {
  job.kind = JobKind::import;
  job.state = JobState::fetching;
  job.user = user_id("bob");
  job.request = R"({"prompt":"a lighthouse"})";
  job.provider = "replicate";
  job.model = "black-forest-labs/flux-schnell";
  job.prediction_id = "gm3q";
  job.poll_url = "https://api.example/predictions/gm3q";
  job.outputs = R"(["https://files.example/0.webp"])";
  job.provider_response = R"({"status":"succeeded"})";
  job.source_url = "https://files.example/0.webp?sig=%2B";
  job.owner = "process 7";
  job.lease_until = now + minutes(1);
  job.deadline = now + minutes(2);
  job.attempts = 3;
  job.source_fades_at = now + minutes(3);
  job.error_code = "provider_failed";
  job.error_detail = "NSFW";
  job.error_members = R"({"prediction_id":"gm3q"})";
  job.tried = R"([{"provider":"openai"}])";
  job.details = R"({"seed":42})";
  job.batch_id = "batch_1";
  job.batch_index = 5;
  job.webhook_url = "https://caller.example/hook";
  job.webhook_attempts = 4;
  job.webhook_next_at = now + minutes(4);
  job.created_at = now - minutes(5);
  job.updated_at = now - minutes(6);
}

TEST_CASE("a URL is awaited while a job of its user has not ended that is to bring it") {
  JobsUnderTest at;
  JobRecord job = at.job(JobState::fetching);
  job.source_url = "https://files.example/0.webp";
  job.outputs = R"([{"source_url":"https://files.example/0.webp"},{"source_url":"https://files.example/1.webp"}])";
  at.add(job);
  at.add(at.job());
  const auto find_awaiting = [&](const std::optional<UserId>& user, const std::string& url) {
    return at.look([&](const Jobs& jobs) { return jobs.find_awaiting(user, url); });
  };
  CHECK(find_awaiting(user_id("ana"), "https://files.example/0.webp")->id == job.id);
  CHECK(find_awaiting(user_id("ana"), "https://files.example/1.webp")->id == job.id);
  CHECK(find_awaiting(std::nullopt, "https://files.example/1.webp")->id == job.id);
  CHECK_FALSE(find_awaiting(user_id("ana"), "https://files.example/1"));
  CHECK_FALSE(find_awaiting(user_id("bob"), "https://files.example/1.webp"));
  job.state = JobState::succeeded;
  REQUIRE(at.update(job));
  CHECK_FALSE(find_awaiting(user_id("ana"), "https://files.example/0.webp"));
}

TEST_CASE("jobs of a batch come in the order of their items, and any by their ids, without what is long") {
  JobsUnderTest at;
  std::vector<std::string> ids;
  for (const std::uint32_t index : {2u, 0u, 1u}) {
    JobRecord job = at.job();
    fill(job, at.db.now());
    job.batch_id = "batch_one";
    job.batch_index = index;
    ids.push_back(at.add(job).id);
  }
  at.add(at.job());
  const auto batch = at.look([](const Jobs& jobs) { return jobs.of_batch("batch_one"); });
  CHECK(ids_of(batch) == std::vector<std::string>{ids[1], ids[2], ids[0]});
  CHECK(batch.front().request.empty());
  CHECK(batch.front().provider_response.empty());
  CHECK(batch.front().outputs == R"(["https://files.example/0.webp"])");
  CHECK(at.look([](const Jobs& jobs) { return jobs.of_batch("batch_two"); }).empty());
  CHECK(at.look([](const Jobs& jobs) { return jobs.of_batch(""); }).empty());
  const auto found = at.look([&](const Jobs& jobs) { return jobs.find_all({ids[2], "job_none", ids[0], ids[2]}); });
  CHECK(ids_of(found) == std::vector<std::string>{ids[2], ids[0], ids[2]});
}

TEST_CASE("a job is read back as it was inserted, bare or full, and as it was updated") {
  JobsUnderTest at;
  const JobRecord bare = at.add(at.job());
  check_same(*at.find(bare.id), bare);
  JobRecord full = at.job();
  fill(full, at.db.now());
  at.add(full);
  check_same(*at.find(full.id), full);

  JobRecord changed = bare;
  fill(changed, at.db.now());
  REQUIRE(at.update(changed));
  at.db.reopen();
  check_same(*at.find(bare.id), changed);
  JobRecord emptied = at.job();
  emptied.id = full.id;
  REQUIRE(at.update(emptied));
  check_same(*at.find(full.id), emptied);
}

TEST_CASE("every state and kind of a job is stored under its name") {
  JobsUnderTest at;
  for (const JobState state : db::all_job_states) {
    CHECK((db::parse_job_state(to_string(state)) == state));
    CHECK(at.find(at.add(at.job(state)).id)->state == state);
  }
  CHECK_FALSE(db::parse_job_state("Queued"));
  CHECK((db::parse_job_kind("import") == JobKind::import));
  CHECK_FALSE(db::parse_job_kind(""));
}

TEST_CASE("a job is found by its id, its reserved image and its prediction") {
  JobsUnderTest at;
  at.add(at.job());
  JobRecord job = at.job(JobState::running);
  job.provider = "replicate";
  job.prediction_id = "gm3q";
  at.add(job);
  CHECK(at.look([&](const Jobs& jobs) { return jobs.find_by_image(job.image_id); })->id == job.id);
  CHECK_FALSE(at.look([&](const Jobs& jobs) { return jobs.find_by_image(at.ids.next_image_id()); }));
  const auto find_by_prediction = [&](const char* provider, const char* id) {
    return at.look([&](const Jobs& jobs) { return jobs.find_by_prediction(provider, id); });
  };
  CHECK(find_by_prediction("replicate", "gm3q")->id == job.id);
  CHECK_FALSE(find_by_prediction("other", "gm3q"));
  CHECK_FALSE(find_by_prediction("replicate", "other"));
  CHECK_FALSE(find_by_prediction("", ""));
  CHECK_FALSE(at.find("job_missing"));
}

TEST_CASE("the job that was last at a user's URL is found by it") {
  JobsUnderTest at;
  JobRecord first = at.job(JobState::failed), last = at.job(JobState::fetching), bobs = at.job();
  for (JobRecord* job : {&first, &last, &bobs}) job->source_url = "https://d/0.webp?sig=a%2Bb";
  first.created_at -= minutes(1);
  bobs.user = user_id("bob");
  for (const JobRecord& job : {last, first, bobs}) at.add(job);
  const auto find_by_source = [&](const char* user, const std::string& url) {
    return at.look([&](const Jobs& jobs) { return jobs.find_by_source(user_id(user), url); });
  };
  CHECK(find_by_source("ana", last.source_url)->id == last.id);
  CHECK(find_by_source("bob", last.source_url)->id == bobs.id);
  CHECK_FALSE(find_by_source("eve", last.source_url));
  CHECK_FALSE(find_by_source("ana", "https://d/0.webp?sig=a+b"));
  CHECK_FALSE(find_by_source("ana", ""));
}

TEST_CASE("an id or a reserved image belongs to one job, which a second one leaves untouched") {
  JobsUnderTest at;
  const JobRecord first = at.add(at.job());
  JobRecord same_id = at.job(), same_image = at.job();
  same_id.id = first.id;
  same_image.image_id = first.image_id;
  for (const JobRecord& refused : {same_id, same_image}) {
    CHECK(at.change([&](Jobs& jobs) { return jobs.insert(refused); }).error().code == Errc::conflict);
  }
  check_same(*at.find(first.id), first);
  CHECK(at.look([](const Jobs& jobs) { return jobs.unfinished(); }).size() == 1);
}

TEST_CASE("a job that is not there cannot be updated") {
  JobsUnderTest at;
  const JobRecord job = at.job();
  CHECK(at.update(job).error().code == Errc::not_found);
  CHECK_FALSE(at.find(job.id));
}

TEST_CASE("unfinished jobs come with the source that fades soonest first, then by age") {
  JobsUnderTest at;
  const JobRecord old = at.add(at.job());
  at.db.clock().advance(minutes(1));
  const JobRecord young = at.add(at.job(JobState::running));
  JobRecord later = at.job(JobState::fetching), sooner = at.job(JobState::fetching), as_soon = at.job();
  later.source_fades_at = at.db.now() + minutes(60);
  sooner.source_fades_at = as_soon.source_fades_at = at.db.now() + minutes(10);
  as_soon.created_at -= minutes(1);
  at.add(later);
  at.add(sooner);
  at.add(as_soon);
  JobRecord ended = at.job(JobState::failed);
  ended.source_fades_at = at.db.now();
  at.add(ended);
  at.add(at.job(JobState::succeeded));
  CHECK(ids_of(at.look([](const Jobs& jobs) { return jobs.unfinished(); })) ==
        std::vector<std::string>{as_soon.id, sooner.id, later.id, old.id, young.id});
}

TEST_CASE("webhooks are due from their time on, the longest due first") {
  JobsUnderTest at;
  at.add(at.job(JobState::succeeded));
  std::vector<std::string> ids;
  for (const int minute : {2, 1, 3, 4}) {
    JobRecord job = at.job(JobState::succeeded);
    job.webhook_next_at = at.db.now() + minutes(minute);
    ids.push_back(at.add(job).id);
  }
  const auto due = [&](int minute, std::uint32_t limit) {
    return ids_of(at.look([&](const Jobs& jobs) { return jobs.due_webhooks(at.db.now() + minutes(minute), limit); }));
  };
  CHECK(due(0, 10).empty());
  CHECK(due(3, 10) == std::vector<std::string>{ids[1], ids[0], ids[2]});
  CHECK(due(3, 2) == std::vector<std::string>{ids[1], ids[0]});
}

TEST_CASE("jobs are counted by their state") {
  JobsUnderTest at;
  JobRecord moving = at.add(at.job());
  at.add(at.job());
  at.add(at.job(JobState::failed));
  moving.state = JobState::running;
  REQUIRE(at.update(moving));
  const auto counts = at.look([](const Jobs& jobs) { return jobs.count_by_state(); });
  CHECK(counts.size() == db::all_job_states.size());
  CHECK(counts.at(JobState::queued) == 1);
  CHECK(counts.at(JobState::running) == 1);
  CHECK(counts.at(JobState::failed) == 1);
  CHECK(counts.at(JobState::succeeded) == 0);
}

TEST_CASE("a user's unfinished jobs are counted by their kind") {
  JobsUnderTest at;
  for (const JobState state : db::all_job_states) at.add(at.job(state));
  JobRecord import = at.job(JobState::fetching);
  import.kind = JobKind::import;
  at.add(import);
  JobRecord of_bob = at.job();
  of_bob.user = user_id("bob");
  at.add(of_bob);
  const auto count = [&](const char* user, JobKind kind) {
    return at.look([&](const Jobs& jobs) { return jobs.count_unfinished(user_id(user), kind); });
  };
  CHECK(count("ana", JobKind::generate) == 4);
  CHECK(count("ana", JobKind::import) == 1);
  CHECK(count("bob", JobKind::generate) == 1);
  CHECK(count("bob", JobKind::import) == 0);
}

TEST_CASE("outputs that faded before they were fetched are counted") {
  JobsUnderTest at;
  const auto missed = [&] { return at.look([](const Jobs& jobs) { return jobs.count_missed(); }); };
  CHECK(missed() == 0);
  for (int i = 0; i < 2; ++i) REQUIRE(at.change([](Jobs& jobs) { return jobs.add_missed(); }));
  CHECK(missed() == 2);
}

TEST_CASE("only ended jobs without a webhook to send are forgotten, and only old ones") {
  JobsUnderTest at;
  const JobRecord succeeded = at.add(at.job(JobState::succeeded));
  const JobRecord failed = at.add(at.job(JobState::failed));
  const JobRecord running = at.add(at.job(JobState::running));
  JobRecord to_send = at.job(JobState::succeeded);
  to_send.webhook_next_at = at.db.now() - minutes(1);
  at.add(to_send);
  const Timestamp then = at.db.now();
  at.db.clock().advance(minutes(1));
  const JobRecord recent = at.add(at.job(JobState::succeeded));
  CHECK(at.forget_before(then) == 0);
  CHECK(at.forget_before(at.db.now()) == 2);
  CHECK_FALSE(at.find(succeeded.id));
  CHECK_FALSE(at.find(failed.id));
  CHECK(at.find(running.id));
  CHECK(at.find(to_send.id));
  CHECK(at.find(recent.id));
}

TEST_CASE("no more than a thousand jobs are forgotten at once") {
  JobsUnderTest at;
  REQUIRE(at.change([&](Jobs& jobs) -> Result<void> {
    for (int i = 0; i < 1'001; ++i) REQUIRE(jobs.insert(at.job(JobState::failed)));
    return {};
  }));
  const Timestamp later = at.db.now() + minutes(1);
  CHECK(at.forget_before(later) == 1'000);
  CHECK(at.forget_before(later) == 1);
  CHECK(at.forget_before(later) == 0);
}

TEST_CASE("a job and the image it made are stored together or not at all") {
  JobsUnderTest at;
  JobRecord job = at.add(at.job(JobState::fetching));
  job.state = JobState::succeeded;
  const auto finish = [&](Errc failing) {
    return at.db.change([&](Session& session) -> Result<void> {
      db::ImageRecord image = at.db.image("bytes");
      image.id = job.image_id;
      const auto inserted = session.images().insert(image);
      if (!inserted) return inserted.error();
      const auto updated = session.jobs().update(job);
      if (!updated) return updated.error();
      if (failing == Errc::internal) return Error{failing, "a late failure"};
      return {};
    });
  };
  CHECK_FALSE(finish(Errc::internal));
  CHECK_FALSE(at.db.find(job.image_id));
  CHECK(at.find(job.id)->state == JobState::fetching);
  REQUIRE(finish(Errc::conflict));
  CHECK(at.db.find(job.image_id));
  CHECK(at.find(job.id)->state == JobState::succeeded);
}

}  // namespace
}  // namespace lightfast::test
