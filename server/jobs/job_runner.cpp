#include "server/jobs/job_runner.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/ingest/data_uri.h"
#include "server/ingest/source_expiry.h"
#include "server/providers/patience.h"

namespace lightfast::jobs {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds first_retry{15};  // of a fetch that is tried until its URL fades
constexpr std::chrono::seconds longest_retry{300};
constexpr std::chrono::seconds pause_between_looks{3};

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

bool worth_retrying(std::string_view code) {
  for (const Errc final : {Errc::source_gone, Errc::invalid_image, Errc::unsupported_image, Errc::too_many_pixels,
                           Errc::too_large, Errc::download_forbidden, Errc::provider_failed, Errc::user_limit}) {
    if (code == to_string(final)) return false;
  }
  return true;
}

}  // namespace

struct JobRunner::Course {
  db::JobRecord job;
  JobRequest request;
  std::vector<JobOutput> outputs;
  std::vector<std::string> bytes;  // of outputs without a URL, by index; not in the row
  bool fresh = true;               // the outputs were made just now: their URLs may need a moment
  std::chrono::seconds retry = first_retry;

  const Attempt& attempt() const { return request.attempts[job.attempts]; }
  bool has_bytes(std::size_t index) const { return index < bytes.size() && !bytes[index].empty(); }
};

JobRunner::JobRunner(JobStore& store, ingest::IngestService& ingest, ingest::Downloader& downloader,
                     const providers::Registry& providers, const IdGenerator& ids, const Clock& clock, Logger& log,
                     Waiters& ended, Sleep sleep, const RunnerSettings& settings)
    : store_(store),
      ingest_(ingest),
      downloader_(downloader),
      providers_(providers),
      ids_(ids),
      clock_(clock),
      log_(log),
      ended_(ended),
      sleep_(std::move(sleep)),
      settings_(settings),
      queue_(settings.downloads) {}

Task<void> JobRunner::run(db::JobRecord job) {
  const std::string id = job.id;
  ++active_;
  Course course{std::move(job), {}, {}, {}};
  auto request = parse_request(course.job.request, course.job.user);
  auto outputs = parse_outputs(course.job.outputs);
  if (request && outputs) {
    course.request = std::move(*request);
    course.outputs = std::move(*outputs);
  } else {
    set_error(course.job, request ? outputs.error() : request.error());
    co_await record(course);
  }
  while (!stopping_ && !has_ended(course.job.state)) co_await step(course);
  --active_;
  if (!stopping_) ended_.notify(id);
}

Task<void> JobRunner::step(Course& course) {
  switch (course.job.state) {
    case db::JobState::queued: return call_provider(course);
    case db::JobState::calling:
      return find_lost_prediction(course,
                                  {Errc::provider_failed, "the provider's answer was lost, and so was the prediction"});
    case db::JobState::running: return poll_provider(course);
    default: return fetch_outputs(course);
  }
}

void JobRunner::stop() {
  stopping_ = true;
  for (auto& [id, timer] : pauses_) timer->cancel();
}

void JobRunner::nudge(const std::string& job_id) {
  if (const auto found = pauses_.find(job_id); found != pauses_.end()) found->second->cancel();
}

Task<void> JobRunner::pause(Course& course, std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  pauses_[course.job.id] = &timer;
  boost::system::error_code cancelled;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  pauses_.erase(course.job.id);
}

// What cannot be recorded is tried again: the row is what a next runner goes by, so nothing goes on without it.
Task<void> JobRunner::record(Course& course) {
  course.job.outputs = outputs_to_json(course.outputs);
  for (;;) {
    auto saved = co_await store_.save(course.job);
    if (saved || stopping_) co_return;
    log_.error("a job's progress could not be recorded", {{"job", course.job.id}, {"reason", explain(saved.error())}});
    co_await pause(course, std::chrono::seconds(1));
  }
}

providers::GenerationRequest JobRunner::generation_request(const Course& course) const {
  return {course.attempt().model,
          course.request.facts.source.prompt,
          course.attempt().input,
          settings_.webhook_base_url.empty() ? "" : settings_.webhook_base_url + "/v1/webhooks/" + course.job.provider,
          course.job.id,
          course.job.deadline};
}

// The row says `calling` before the request leaves: whoever finds it so after a crash must not send it again.
Task<void> JobRunner::call_provider(Course& course) {
  auto provider = providers_.find(course.attempt().provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  course.job.provider = (*provider)->name();
  course.job.model =
      course.attempt().model.empty() ? std::string((*provider)->default_model()) : course.attempt().model;
  course.job.deadline = clock_.now() + settings_.provider_timeout;
  course.job.state = (*provider)->is_free() ? db::JobState::queued : db::JobState::calling;
  co_await record(course);
  if (stopping_) co_return;
  providers::GenerationRequest request = generation_request(course);
  auto outcome = co_await (*provider)->create(std::move(request));
  if (outcome.prediction) {
    co_await adopt(course, std::move(*outcome.prediction));
  } else if (stopping_) {
    // The row says what is known.
  } else if (outcome.may_be_accepted) {
    co_await find_lost_prediction(course, std::move(outcome.error));
  } else {
    co_await give_up_attempt(course, std::move(outcome.error));
  }
}

Task<void> JobRunner::find_lost_prediction(Course& course, Error lost) {
  auto provider = providers_.find(course.job.provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  providers::GenerationRequest request = generation_request(course);
  const providers::Patience patience{clock_, sleep_, course.job.deadline};
  providers::IsTaken is_taken = [&](const std::string& id) { return store_.knows_prediction(course.job.provider, id); };
  auto found = co_await providers::find_patiently(**provider, std::move(request), course.job.created_at,
                                                  std::move(is_taken), patience);
  if (stopping_) co_return;
  if (found && *found) {
    log_.info("found the prediction whose answer was lost", {{"job", course.job.id}, {"prediction", (*found)->id}});
    co_await adopt(course, std::move(**found));
  } else if (!found && clock_.now() < course.job.deadline) {
    co_await pause(course, pause_between_looks);  // nobody answered: looked for again from the row's state
  } else {
    // Another provider may not be tried either: this one may be working on it, for money.
    if (lost.code != Errc::provider_timeout) lost = {Errc::provider_failed, lost.detail};
    set_error(course.job, lost);
    co_await conclude(course);
  }
}

Task<void> JobRunner::adopt(Course& course, providers::Prediction prediction) {
  course.job.prediction_id = prediction.id;
  course.job.poll_url = prediction.poll_url;
  course.job.provider_response = prediction.raw;
  if (prediction.state == providers::Prediction::State::failed) {
    Error error = prediction.error.value_or(Error{Errc::provider_failed, "the generation failed"});
    co_await give_up_attempt(course, std::move(error));
    co_return;
  }
  if (prediction.state == providers::Prediction::State::running) {
    if (course.job.state != db::JobState::running) {
      course.job.state = db::JobState::running;
      co_await record(course);
    }
    co_return;
  }
  if (prediction.outputs.empty()) {
    Error error = as_provider_failure({Errc::provider_failed, "the generation gave no image"}, course.job);
    co_await give_up_attempt(course, std::move(error));
    co_return;
  }
  course.outputs.clear();
  course.bytes.clear();
  for (auto& output : prediction.outputs) {
    if (ingest::is_data_uri(output.url)) {  // the bytes themselves: too long for a row
      auto inlined = ingest::parse_data_uri(output.url, ingest_.limits().image.max_bytes);
      output = {{}, inlined ? std::move(inlined->bytes) : std::string("unreadable")};
    }
    const ImageId id = course.outputs.empty() ? course.job.image_id : ids_.next_image_id();
    auto fades_at =
        prediction.outputs_fade_at ? prediction.outputs_fade_at : ingest::find_expiry(output.url, clock_.now());
    if (!course.job.source_fades_at || (fades_at && *fades_at < *course.job.source_fades_at))
      course.job.source_fades_at = fades_at;
    course.outputs.push_back({id, std::move(output.url), fades_at});
    course.bytes.push_back(std::move(output.bytes));
  }
  course.job.source_url = course.outputs.front().source_url;
  course.job.state = db::JobState::fetching;
  co_await record(course);
}

Task<void> JobRunner::poll_provider(Course& course) {
  auto provider = providers_.find(course.job.provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  for (unsigned n = 0; !stopping_ && course.job.state == db::JobState::running; ++n) {
    if (clock_.now() >= course.job.deadline) {
      Error late{Errc::provider_timeout, "the provider did not finish in time"};
      late.members.emplace_back("prediction_id", course.job.prediction_id);
      set_error(course.job, late);
      co_await conclude(course);
      co_return;
    }
    co_await pause(course, (*provider)->poll_interval(n));
    if (stopping_) co_return;
    auto prediction = co_await (*provider)->poll(course.job.prediction_id, course.job.poll_url);
    if (stopping_) co_return;
    if (prediction) co_await adopt(course, std::move(*prediction));
  }
}

Task<void> JobRunner::give_up_attempt(Course& course, Error error) {
  if (stopping_) co_return;
  if (course.job.attempts + 1 < course.request.attempts.size()) {
    log_.warning("a provider failed; trying the next",
                 {{"job", course.job.id}, {"provider", course.job.provider}, {"reason", explain(error)}});
    course.job.attempts += 1;
    course.job.state = db::JobState::queued;
    co_await record(course);
    co_return;
  }
  set_error(course.job, error);
  co_await conclude(course);
}

Task<void> JobRunner::fetch_outputs(Course& course) {
  if (!settings_.hosting_enabled && course.job.kind == db::JobKind::generate) {
    course.job.state = db::JobState::succeeded;
    co_await conclude(course);
    co_return;
  }
  bool any_stored = false;
  for (std::size_t i = 0; i < course.outputs.size(); ++i) {
    JobOutput& output = course.outputs[i];
    if (output.stored) {
      any_stored = true;
      continue;
    }
    auto stored = co_await fetch(course, i);
    if (stopping_ && !stored) co_return;
    output.stored = stored.has_value();
    output.error_code = stored ? "" : std::string(to_string(stored.error().code));
    output.error_detail = stored ? "" : stored.error().detail;
    if (stored) {
      any_stored = true;
      output.id = stored->image.id;
      output.existed = stored->existed;
      if (course.outputs.size() > 1) co_await record(course);
    }
  }
  const bool retry = std::any_of(course.outputs.begin(), course.outputs.end(), [](const JobOutput& output) {
    return !output.stored && worth_retrying(output.error_code);
  });
  const bool may_wait =
      course.request.keep_source_on_failure && course.job.source_fades_at && clock_.now() < *course.job.source_fades_at;
  if (!any_stored && retry && may_wait) {
    // The caller has the fading URL meanwhile; whoever waits for the job may go on.
    co_await record(course);
    ended_.notify(course.job.id);
    co_await pause(course, course.retry);
    course.retry = std::min(course.retry * 2, longest_retry);
    course.fresh = false;
    co_return;
  }
  if (any_stored) {
    course.job.state = db::JobState::succeeded;
  } else {
    const JobOutput& first = course.outputs.front();
    set_error(course.job, as_provider_failure(
                              {parse_errc(first.error_code).value_or(Errc::internal), first.error_detail}, course.job));
  }
  co_await conclude(course);
}

Task<Result<ingest::StoredImage>> JobRunner::fetch(Course& course, std::size_t index) {
  const JobOutput output = course.outputs[index];
  auto found = co_await store_.find_image(output.id);  // stored before a crash
  if (!found) co_return found.error();
  if (*found) co_return ingest::StoredImage{std::move(**found), false};

  ingest::NewImage facts = course.request.facts;
  facts.id = output.id;
  if (course.job.kind == db::JobKind::generate) {
    facts.source.provider = course.job.provider;
    facts.source.model = course.job.model;
    facts.source.prediction_id = course.job.prediction_id;
    facts.source.provider_response = course.job.provider_response;
  }
  facts.source.source_url = output.source_url;
  if (course.has_bytes(index)) {
    auto stored = co_await ingest_.store_bytes(course.bytes[index], std::move(facts));
    co_return stored;
  }
  if (output.source_url.empty()) {
    co_return Error{Errc::provider_failed,
                    "the provider's answer held the image itself, and was lost with the process that got it"};
  }
  const FetchQueue::Place place = co_await queue_.enter(output.fades_at);
  if (stopping_) co_return Error{Errc::internal, "stopping"};
  if (output.fades_at && clock_.now() >= *output.fades_at) {
    ++missed_;
    log_.error("an image faded before it could be fetched",
               {{"job", course.job.id}, {"source_url", output.source_url}});
  }
  ingest::DownloadRequest request = download_request(course, output.source_url);
  auto bytes = co_await downloader_.download(std::move(request));
  if (!bytes) co_return bytes.error();
  auto stored = co_await ingest_.store(std::move(bytes->bytes), std::move(facts));
  co_return stored;
}

ingest::DownloadRequest JobRunner::download_request(const Course& course, const std::string& url) const {
  ingest::DownloadRequest request{.url = url};
  if (course.fresh && course.job.kind == db::JobKind::generate) request.age = ingest::SourceAge::fresh;
  if (auto provider = providers_.find(course.job.provider); provider && course.job.kind == db::JobKind::generate) {
    request.credential = (*provider)->download_credential();
  }
  request.prove = [this](const storage::Spool& spool) { return ingest_.check(spool); };
  return request;
}

Task<void> JobRunner::conclude(Course& course) {
  if (stopping_) co_return;
  if (!course.request.webhook_url.empty()) course.job.webhook_next_at = clock_.now();
  co_await record(course);
  if (course.job.state == db::JobState::failed) {
    log_.error("job failed", {{"job", course.job.id},
                              {"provider", course.job.provider},
                              {"code", course.job.error_code},
                              {"reason", course.job.error_detail}});
  } else {
    log_.info("job done",
              {{"job", course.job.id}, {"provider", course.job.provider}, {"outputs", course.outputs.size()}});
  }
}

}  // namespace lightfast::jobs
