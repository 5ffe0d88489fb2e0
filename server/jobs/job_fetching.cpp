// The second half of a job: the outputs are known, and become images.
#include <algorithm>

#include "server/jobs/details.h"
#include "server/jobs/job_course.h"

namespace lightfast::jobs {
namespace {

constexpr std::chrono::seconds longest_retry{300};
constexpr std::chrono::seconds pause_when_overloaded{1};
constexpr std::chrono::hours usual_lifetime{1};  // of outputs of which nothing is known

// Whether the next provider may do better.
bool is_fault_of_source(Errc code) {
  switch (code) {
    case Errc::provider_failed:
    case Errc::source_gone:
    case Errc::download_failed:
    case Errc::download_timeout:
    case Errc::download_forbidden: return true;
    default: return false;
  }
}

}  // namespace

// An output that is no image, or a broken one, is the provider's failure, not the caller's.
Error as_provider_failure(Error error, const db::JobRecord& job) {
  if (job.kind == db::JobKind::import) return error;
  switch (error.code) {
    case Errc::invalid_image:
    case Errc::unsupported_image:
    case Errc::too_many_pixels:
    case Errc::too_large:
      error = {Errc::provider_failed, "the provider's output cannot be kept: " + error.detail};
      break;
    default: break;
  }
  if (!job.prediction_id.empty()) error.members.emplace_back("prediction_id", job.prediction_id);
  return error;
}

bool JobRunner::Course::has_lost_bytes() const {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].stored && outputs[i].source_url.empty() && !has_bytes(i)) return true;
  }
  return false;
}

bool JobRunner::Course::has_images() const {
  return std::any_of(outputs.begin(), outputs.end(), [](const JobOutput& output) { return output.stored; });
}

Task<void> JobRunner::fetch_outputs(Course& course) {
  if (!settings_.hosting_enabled && course.job.kind == db::JobKind::generate) {
    course.job.state = db::JobState::succeeded;
    co_await conclude(course);
    co_return;
  }
  if (course.has_lost_bytes()) {
    co_await ask_again(course);
    co_return;
  }
  for (std::size_t i = 0; i < course.outputs.size(); ++i) {
    JobOutput& output = course.outputs[i];
    if (output.stored) continue;
    auto stored = co_await fetch(course, i);
    while (!stored && stored.error().code == Errc::overloaded && !stopping_) {
      co_await pause(course, pause_when_overloaded);
      stored = co_await fetch(course, i);
    }
    if (stopping_ && !stored) co_return;
    output.stored = stored.has_value();
    output.error_code = stored ? "" : std::string(to_string(stored.error().code));
    output.error_detail = stored ? "" : stored.error().detail;
    if (!stored) continue;
    output.id = stored->image.id;
    output.existed = stored->existed;
    if (course.outputs.size() > 1) co_await record(course);
  }
  co_await settle(course);
}

// All outputs were tried: the job has its images, or tries again while it may, or has failed.
Task<void> JobRunner::settle(Course& course) {
  if (course.has_images()) {
    course.job.state = db::JobState::succeeded;
    co_await conclude(course);
    co_return;
  }
  if (may_try_again(course)) {
    // The caller has the fading URL meanwhile; whoever waits for the job may go on. Who asks from here on was told how
    // this try went.
    course.is_nudged = false;
    co_await record(course);
    ended_.notify(course.job.id);
    --metrics_.active;  // a stop need not wait for it
    co_await pause(course, course.retry);
    ++metrics_.active;
    course.retry = std::min(course.retry * 2, longest_retry);
    course.fresh = false;
    co_return;
  }
  const JobOutput& first = course.outputs.front();
  if (first.fades_at && clock_.now() >= *first.fades_at) {
    metrics_.missed.add();
    alerts_.raise(AlertKind::image_missed, "an image faded before it could be fetched, job " + course.job.id);
    log_.error("an image faded before it could be fetched",
               {{"job", course.job.id}, {"source_url", first.source_url}, {"reason", first.error_detail}});
    auto counted = co_await store_.add_missed();
    if (!counted) log_.warning("a missed fetch could not be counted", {{"reason", explain(counted.error())}});
  }
  Error error =
      as_provider_failure({parse_errc(first.error_code).value_or(Errc::internal), first.error_detail}, course.job);
  if (is_fault_of_source(error.code)) {
    co_await give_up_attempt(course, std::move(error));
  } else {
    set_error(course.job, error);
    co_await conclude(course);
  }
}

// ON_STORE_FAILURE=source_url: as long as there is a URL to give the caller, and it lives.
bool JobRunner::may_try_again(const Course& course) const {
  if (!course.request.keep_source_on_failure) return false;
  const Timestamp fades_at = course.job.source_fades_at.value_or(course.called_at + usual_lifetime);
  return clock_.now() < fades_at &&
         std::all_of(course.outputs.begin(), course.outputs.end(),
                     [](const JobOutput& output) { return !output.source_url.empty(); }) &&
         std::any_of(course.outputs.begin(), course.outputs.end(),
                     [](const JobOutput& output) { return may_do_better(output.error_code); });
}

// The image was in the provider's answer itself, and was lost with the process that got it.
Task<void> JobRunner::ask_again(Course& course) {
  auto provider = providers_.find(course.job.provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  course.job.deadline = clock_.now() + settings_.provider_timeout;
  course.job.state = (*provider)->is_free() ? db::JobState::queued : db::JobState::running;
  co_await record(course);
}

Task<Result<ingest::StoredImage>> JobRunner::fetch(Course& course, std::size_t index) {
  const JobOutput output = course.outputs[index];
  auto found = co_await store_.find_image(output.id);  // stored before a crash
  if (!found) co_return found.error();
  if (*found) {
    const bool existed = (*found)->id != output.id;
    co_return ingest::StoredImage{std::move(**found), existed};
  }

  ingest::NewImage facts = course.request.facts;
  facts.id = output.id;
  if (course.job.kind == db::JobKind::generate) {
    facts.source.provider = course.job.provider;
    facts.source.model = course.job.model;
    facts.source.prediction_id = course.job.prediction_id;
    facts.source.details = details_json(course.job.details, course.attempt());
  }
  facts.source.provider_response = course.job.provider_response;
  facts.source.source_url = output.source_url;
  if (course.has_bytes(index)) {
    auto stored = co_await ingest_.store_bytes(course.bytes[index], std::move(facts));
    co_return stored;
  }
  ++metrics_.waiting_to_fetch;
  const UrgencyQueue::Place place = co_await queue_.enter(output.fades_at);
  --metrics_.waiting_to_fetch;
  if (stopping_) co_return Error{Errc::internal, "stopping"};
  ingest::DownloadRequest request = download_request(course, output.source_url);
  const SteadyTime began = clock_.steady_now();
  auto stored = co_await download_and_store(std::move(request), std::move(facts));
  metrics_.fetched(stored ? "ok" : to_string(stored.error().code), clock_.steady_now() - began);
  co_return stored;
}

Task<Result<ingest::StoredImage>> JobRunner::download_and_store(ingest::DownloadRequest request,
                                                                ingest::NewImage facts) {
  auto bytes = co_await downloader_.download(std::move(request));
  if (!bytes) co_return bytes.error();
  auto stored = co_await ingest_.store(std::move(bytes->bytes), std::move(facts));
  co_return stored;
}

ingest::DownloadRequest JobRunner::download_request(const Course& course, const std::string& url) const {
  ingest::DownloadRequest request{.url = url};
  const bool is_made_by_us = course.job.kind == db::JobKind::generate;
  if (course.fresh && (is_made_by_us || course.request.is_fresh)) request.age = ingest::SourceAge::fresh;
  if (auto provider = providers_.find(course.job.provider);
      provider && (is_made_by_us || course.request.is_paid_by_us)) {
    request.credential = (*provider)->download_credential();
  }
  request.prove = [this](const storage::Spool& spool) { return ingest_.check(spool); };
  return request;
}

}  // namespace lightfast::jobs
