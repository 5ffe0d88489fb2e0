#include "server/jobs/job_service.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "server/ingest/source_expiry.h"
#include "server/jobs/tried.h"

namespace lightfast::jobs {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds promise_wait{25};
constexpr std::chrono::hours longest_wait{24};

// What became of this one of the job's outputs.
Fetched fetched_of(JobView view, const std::string& url) {
  const auto output = std::find_if(view.outputs.begin(), view.outputs.end(),
                                   [&](const JobOutput& each) { return each.source_url == url; });
  if (output != view.outputs.end() && output->stored) {
    for (db::ImageRecord& image : view.images) {
      if (image.id == output->id) return {std::move(image), std::nullopt};
    }
    return {std::nullopt, Error{Errc::not_found, "the image was removed again"}};
  }
  if (output != view.outputs.end() && !output->error_code.empty()) {
    return {std::nullopt, Error{parse_errc(output->error_code).value_or(Errc::internal), output->error_detail}};
  }
  if (view.job.state == db::JobState::failed) return {std::nullopt, error_of(view.job)};
  return {std::nullopt, std::move(view.trouble)};
}

}  // namespace

JobService::JobService(asio::any_io_executor executor, JobStore& store, JobRunner& runner, Waiters& ended,
                       const JobAnswers& answers, const IdGenerator& ids, const Clock& clock, Logger& log)
    : executor_(std::move(executor)),
      store_(store),
      runner_(runner),
      ended_(ended),
      answers_(answers),
      ids_(ids),
      clock_(clock),
      log_(log) {}

db::JobRecord JobService::make_record(const JobRequest& request) const {
  const Timestamp now = clock_.now();
  const ImageId image = request.facts.id ? *request.facts.id : ids_.next_image_id();
  db::JobRecord job{.id = ids_.next("job_"), .user = request.facts.user, .image_id = image};
  job.request = request_to_json(request);
  job.webhook_url = request.webhook_url;
  job.created_at = job.updated_at = job.deadline = now;
  const bool generates = request.facts.origin == db::Origin::generate && request.source_url.empty();
  job.kind = generates ? db::JobKind::generate : db::JobKind::import;
  job.state = db::JobState::queued;
  if (request.attempts.size() > 1) begin_attempts(job);
  if (job.kind == db::JobKind::import) {
    job.state = db::JobState::fetching;
    job.source_url = request.source_url;
    job.provider = request.facts.source.provider;
    job.model = request.facts.source.model;
    job.provider_response = request.facts.source.provider_response;
    job.source_fades_at = ingest::find_expiry(request.source_url, now);
    job.outputs = outputs_to_json({{job.image_id, request.source_url, job.source_fades_at}});
  }
  return job;
}

void JobService::make_batch(std::vector<db::JobRecord>& jobs) const {
  const std::string batch = ids_.next("batch_");
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].batch_id = batch;
    jobs[i].batch_index = static_cast<std::uint32_t>(i);
  }
}

Task<Result<Answer>> JobService::submit(std::vector<JobRequest> requests, std::optional<IdempotencyKey> key,
                                        Reply reply, JobStore::Admit admit) {
  std::vector<db::JobRecord> jobs;
  for (const auto& request : requests) jobs.push_back(make_record(request));
  if (reply == Reply::accepted_list) make_batch(jobs);
  std::optional<Answer> answer;
  if (reply == Reply::accepted) answer = Answer{202, answers_.pending_json(jobs.front())};
  if (reply == Reply::accepted_list) answer = Answer{202, answers_.pending_list_json(jobs)};
  auto earlier = co_await store_.insert(jobs, key, answer, std::move(admit));
  if (!earlier) co_return earlier.error();
  if (*earlier) co_return co_await answer_again(std::move(**earlier));
  const std::string first = jobs.front().id;
  for (auto& job : jobs) start(std::move(job), answer ? std::nullopt : key);
  if (answer) co_return std::move(*answer);
  co_return co_await answer_when_ended(first);
}

Task<Result<Fetched>> JobService::fetch_once(JobRequest request, std::chrono::milliseconds patience, Reach reach) {
  const UserId user = request.facts.user;
  const std::string url = request.source_url;
  for (;;) {
    auto known = co_await store_.find_source(user, url, reach);
    if (!known) co_return known.error();
    if (known->image) co_return Fetched{std::move(known->image), std::nullopt};
    const auto& job = known->job;
    const bool is_hopeless = job && job->state == db::JobState::failed && !may_do_better(job->error_code);
    if (is_hopeless) co_return Fetched{std::nullopt, error_of(*job)};
    std::string id = job ? job->id : std::string();
    if (job && !db::has_ended(job->state)) nudge(id);  // one that only waits to try again does so now
    if (!job || db::has_ended(job->state)) {
      std::vector<db::JobRecord> jobs;
      jobs.push_back(make_record(request));
      id = jobs.front().id;
      auto inserted =
          co_await store_.insert(jobs, std::nullopt, std::nullopt, JobStore::unless_under_way(user, url, reach));
      if (!inserted && inserted.error().code == Errc::conflict) continue;  // another was quicker
      if (!inserted) co_return inserted.error();
      start(std::move(jobs.front()), std::nullopt);
    }
    auto view = co_await wait(std::move(id), patience);
    if (!view) co_return view.error();
    co_return fetched_of(std::move(*view), url);
  }
}

Task<Result<void>> JobService::tell(JobRequest request, const Result<ingest::StoredImage>& outcome) {
  request.source_url.clear();  // the bytes themselves
  db::JobRecord job = make_record(request);
  job.webhook_next_at = job.created_at;
  JobOutput output{job.image_id};
  if (outcome) {
    job.state = db::JobState::succeeded;
    output.id = outcome->image.id;
    output.stored = true;
    output.existed = outcome->existed;
  } else {
    set_error(job, outcome.error());
  }
  job.outputs = outputs_to_json({output});
  std::vector<db::JobRecord> jobs;
  jobs.push_back(std::move(job));
  auto inserted = co_await store_.insert(std::move(jobs), std::nullopt, std::nullopt);
  if (!inserted) co_return inserted.error();
  co_return Result<void>();
}

void JobService::start(db::JobRecord job, std::optional<IdempotencyKey> key) {
  asio::co_spawn(executor_, run(std::move(job), std::move(key)), [this](std::exception_ptr problem) {
    if (!problem) return;
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log_.error("a job broke off", {{"reason", error.what()}});
    }
  });
}

Task<void> JobService::run(db::JobRecord job, std::optional<IdempotencyKey> key) {
  const std::string id = job.id;
  co_await runner_.run(std::move(job));
  if (key) co_await keep_answer(id, std::move(*key));
}

Task<void> JobService::keep_answer(std::string job_id, IdempotencyKey key) {
  auto view = co_await get(job_id);
  if (!view || !has_ended(view->job.state)) co_return;
  Result<void> kept;
  if (view->job.state == db::JobState::failed && !may_be_paid(view->job)) {
    kept = co_await store_.forget(std::move(key));
  } else if (auto answer = answers_.answer(*view); answer) {
    kept = co_await store_.keep_answer(std::move(key), answer->status, std::move(answer->json));
  }
  if (!kept)
    log_.warning("an answer could not be kept for its Idempotency-Key",
                 {{"job", job_id}, {"reason", explain(kept.error())}});
}

Task<Result<std::optional<Answer>>> JobService::earlier_answer(IdempotencyKey key) {
  auto earlier = co_await store_.find_earlier(std::move(key));
  if (!earlier) co_return earlier.error();
  if (!*earlier) co_return std::optional<Answer>();
  auto answer = co_await answer_again(std::move(**earlier));
  if (!answer) co_return answer.error();
  co_return std::optional<Answer>(std::move(*answer));
}

Task<Result<Answer>> JobService::answer_again(EarlierRequest earlier) {
  if (earlier.status != 0) co_return Answer{earlier.status, std::move(earlier.response)};
  co_return co_await answer_when_ended(std::move(earlier.job_id));
}

Task<Result<Answer>> JobService::answer_when_ended(std::string job_id) {
  auto view = co_await wait(std::move(job_id));
  if (!view) co_return view.error();
  co_return answers_.answer(*view);
}

Task<Result<JobView>> JobService::view_of(db::JobRecord job) {
  auto outputs = parse_outputs(job.outputs);
  if (!outputs) co_return outputs.error();
  JobView view{std::move(job), std::move(*outputs), {}};
  for (const auto& output : view.outputs) {
    if (!output.stored) continue;
    auto image = co_await store_.find_image(output.id);
    if (!image) co_return image.error();
    if (*image && !(*image)->deleted_at) view.images.push_back(std::move(**image));
  }
  co_return view;
}

Task<Result<JobView>> JobService::get(std::string job_id) {
  auto job = co_await store_.get(std::move(job_id));
  if (!job) co_return job.error();
  auto view = co_await view_of(std::move(*job));
  co_return view;
}

Task<Result<std::vector<JobView>>> JobService::of_batch(std::string batch_id, MaySee may_see) {
  auto jobs = co_await store_.of_batch(std::move(batch_id));
  co_return co_await views_of(std::move(jobs), std::move(may_see));
}

Task<Result<std::vector<JobView>>> JobService::find_all(std::vector<std::string> ids, MaySee may_see) {
  auto jobs = co_await store_.find_all(std::move(ids));
  co_return co_await views_of(std::move(jobs), std::move(may_see));
}

Task<Result<std::vector<JobView>>> JobService::views_of(Result<std::vector<db::JobRecord>> jobs, MaySee may_see) {
  if (!jobs) co_return jobs.error();
  std::vector<JobView> views;
  for (auto& job : *jobs) {
    if (!may_see(job)) continue;
    auto view = co_await view_of(std::move(job));
    if (!view) co_return view.error();
    views.push_back(std::move(*view));
  }
  co_return views;
}

Task<Result<JobView>> JobService::wait(std::string job_id) {
  auto view = co_await wait(std::move(job_id), longest_wait);
  co_return view;
}

Task<Result<JobView>> JobService::wait(std::string job_id, std::chrono::milliseconds timeout) {
  auto ticket = co_await ended_.enrol(job_id);
  auto view = co_await get(job_id);
  if (!view || is_answerable(*view)) co_return view;
  auto trouble = co_await Waiters::wait(std::move(ticket), timeout);
  view = co_await get(std::move(job_id));
  if (view) view->trouble = std::move(trouble);
  co_return view;
}

Task<Result<Promise>> JobService::find_promise(UserId user, ImageId reserved) {
  auto job = co_await store_.find_by_image(reserved);
  if (!job) co_return job.error();
  if (!*job || (*job)->user != user) co_return Error{Errc::not_found, "there is no such image"};
  auto request = parse_request((*job)->request, user);
  if (!request) co_return request.error();
  co_return Promise{(*job)->id, request->facts.visibility};
}

Task<Result<db::ImageRecord>> JobService::await_image(Promise promise) {
  auto view = co_await wait(std::move(promise.job_id), promise_wait);
  if (!view) co_return view.error();
  if (!view->images.empty()) co_return std::move(view->images.front());
  if (view->job.state == db::JobState::failed) {
    co_return Error{Errc::generation_failed, "this image could not be made"};  // why is for the job's owner
  }
  if (has_ended(view->job.state)) co_return Error{Errc::not_found, "there is no such image"};
  co_return Error{Errc::pending, "this image is still being made", std::chrono::seconds(5)};
}

Task<void> JobService::hear_of(std::string provider, std::string prediction_id) {
  auto job = co_await store_.find_by_prediction(std::move(provider), std::move(prediction_id));
  if (!job || !*job) co_return;
  nudge((*job)->id);
}

void JobService::nudge(std::string job_id) {
  asio::post(executor_, [this, id = std::move(job_id)] { runner_.nudge(id); });
}

void JobService::stop() {
  runner_.stop();
  ended_.notify_all();
}

Result<void> JobService::recover() {
  auto jobs = store_.unfinished();
  if (!jobs) return jobs.error();
  if (!jobs->empty()) log_.info("taking up unfinished jobs", {{"jobs", jobs->size()}});
  for (auto& job : *jobs) start(std::move(job), std::nullopt);
  return {};
}

}  // namespace lightfast::jobs
