#include "server/jobs/job_runner.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/data_uri.h"
#include "base/encoding.h"
#include "server/imaging/format.h"
#include "server/ingest/source_expiry.h"
#include "server/jobs/job_course.h"
#include "server/jobs/tried.h"

namespace lightfast::jobs {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::hours shortest_output_life{1};  // Replicate's, which tells when it made something

// A caller who waits for a job whose progress cannot be recorded is told so after the last of these tries.
constexpr int tries_before_telling = 3;

// A data: URI holds the bytes themselves, too long for a row. One that cannot be read stands for what is no image.
void take_inline_bytes(providers::Output& output, std::uint64_t max_bytes) {
  if (!is_data_uri(output.url)) return;
  auto inlined = parse_data_uri(output.url, max_bytes);
  output = {{}, inlined && !inlined->bytes.empty() ? std::move(inlined->bytes) : std::string("unreadable")};
}

std::string as_data_uri(std::string_view bytes) {
  const auto format = imaging::sniff(std::as_bytes(std::span(bytes)));
  const std::string_view type = format ? imaging::content_type(*format) : "application/octet-stream";
  return "data:" + std::string(type) + ";base64," + to_base64(bytes);
}

// What is told to those who wait for a job that its row says too little of.
Error unrecorded(const db::JobRecord& job, const Error& cause) {
  if (job.state == db::JobState::failed) return error_of(job);
  return {cause.code,
          cause.detail + "; the job goes on by itself, GET /v1/jobs/" + job.id + " tells how",
          std::chrono::seconds(5),
          {{"job_id", job.id}}};
}

}  // namespace

JobRunner::JobRunner(JobStore& store, ingest::IngestService& ingest, ingest::Downloader& downloader,
                     const providers::Registry& providers, SourceImages& sources, const IdGenerator& ids,
                     const Clock& clock, Logger& log, Metrics& metrics, Alerts& alerts, Waiters& ended, Sleep sleep,
                     const RunnerSettings& settings)
    : store_(store),
      ingest_(ingest),
      downloader_(downloader),
      providers_(providers),
      sources_(sources),
      ids_(ids),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      alerts_(alerts),
      ended_(ended),
      sleep_(std::move(sleep)),
      settings_(settings),
      queue_(settings.downloads) {}

Task<void> JobRunner::run(db::JobRecord job) {
  const std::string id = job.id;
  ++metrics_.active;
  Course course{std::move(job), {}, {}, {}};
  courses_[id] = &course;
  std::optional<Error> broken;
  try {
    co_await take_up(course);
    while (!stopping_ && !has_ended(course.job.state)) co_await step(course);
  } catch (const std::exception& problem) {
    broken = Error{Errc::internal, std::string("the job broke off: ") + problem.what()};
  }
  if (broken) {
    set_error(course.job, *broken);
    co_await conclude(course);
  }
  courses_.erase(id);
  --metrics_.active;
  if (!stopping_) ended_.notify(id);
}

// Whatever was paid for before a crash or a stop gets its whole time again.
Task<void> JobRunner::take_up(Course& course) {
  course.called_at = course.job.updated_at;
  if (course.job.state == db::JobState::calling || course.job.state == db::JobState::running) {
    course.job.deadline = clock_.now() + settings_.provider_timeout;
  }
  auto request = parse_request(course.job.request, course.job.user);
  auto outputs = parse_outputs(course.job.outputs);
  if (request && outputs) {
    course.request = std::move(*request);
    course.outputs = std::move(*outputs);
  } else {
    set_error(course.job, request ? outputs.error() : request.error());
    co_await record(course);
  }
}

Task<void> JobRunner::step(Course& course) {
  switch (course.job.state) {
    case db::JobState::queued: return call_provider(course);
    case db::JobState::calling:
      return find_lost_prediction(
          course, {Errc::provider_failed, "the provider's answer was lost, and so was the prediction"}, false);
    case db::JobState::running: return poll_provider(course);
    default: return fetch_outputs(course);
  }
}

void JobRunner::stop() {
  stopping_ = true;
  for (auto& [id, course] : courses_) {
    if (course->pause != nullptr) course->pause->cancel();
  }
}

void JobRunner::nudge(const std::string& job_id) {
  const auto found = courses_.find(job_id);
  if (found == courses_.end()) return;
  Course& course = *found->second;
  if (course.pause != nullptr) course.pause->cancel();
  course.is_nudged = course.pause == nullptr;
}

Task<void> JobRunner::pause(Course& course, std::chrono::milliseconds time) {
  if (stopping_ || std::exchange(course.is_nudged, false)) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  course.pause = &timer;
  boost::system::error_code cancelled;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  course.pause = nullptr;
}

// What cannot be recorded is tried again: the row is what a next runner goes by, so nothing goes on without it.
Task<void> JobRunner::record(Course& course) {
  for (;;) {
    auto saved = co_await record_soon(course);
    if (saved || stopping_) co_return;
    ended_.notify(course.job.id, unrecorded(course.job, saved.error()));
    co_await pause(course, settings_.record_pause);
  }
}

Task<Result<void>> JobRunner::record_soon(Course& course) {
  course.job.outputs = outputs_to_json(course.outputs);
  for (int tries = 1;; ++tries) {
    auto saved = co_await store_.save(course.job);
    if (saved || stopping_ || tries == tries_before_telling) co_return saved;
    log_.error("a job's progress could not be recorded", {{"job", course.job.id}, {"reason", explain(saved.error())}});
    co_await pause(course, settings_.record_pause);
  }
}

Task<void> JobRunner::adopt(Course& course, providers::Prediction prediction) {
  // A model may stand in the input alone.
  if (course.attempt().model.empty() && !prediction.model.empty()) course.job.model = prediction.model;
  course.job.prediction_id = prediction.id;
  course.job.poll_url = prediction.poll_url;
  course.job.provider_response = sources_.without_signatures(std::move(prediction.raw));
  course.job.details = sources_.without_signatures(std::move(prediction.details));
  if (prediction.state == providers::Prediction::State::failed) {
    Error error{Errc::provider_failed, "the generation failed"};
    if (prediction.error) error = std::move(*prediction.error);
    error = without_secrets(std::move(error));
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
  take_outputs(course, std::move(prediction));
  course.job.state = db::JobState::fetching;
  co_await record(course);
}

// Outputs that are heard of again, after a crash, keep their ids, and what was stored of them.
void JobRunner::take_outputs(Course& course, providers::Prediction prediction) {
  const std::vector<JobOutput> before = std::exchange(course.outputs, {});
  const bool again = before.size() == prediction.outputs.size();
  course.bytes.clear();
  course.job.source_fades_at.reset();
  for (std::size_t i = 0; i < prediction.outputs.size(); ++i) {
    providers::Output& output = prediction.outputs[i];
    if (settings_.hosting_enabled) {
      take_inline_bytes(output, ingest_.limits().image.max_bytes);
    } else if (output.url.empty()) {
      output = {as_data_uri(output.bytes), {}};
    }
    JobOutput known{i == 0 ? course.job.image_id : ids_.next_image_id()};
    if (again) known = before[i];
    known.source_url = std::move(output.url);
    known.fades_at = ingest::find_expiry(known.source_url, clock_.now());
    // What was made for this job is no older than the job, whatever the provider's clock says.
    if (prediction.outputs_fade_at) {
      known.fades_at = std::max(*prediction.outputs_fade_at, course.job.created_at + shortest_output_life);
    }
    if (known.fades_at && known.fades_at < course.job.source_fades_at.value_or(Timestamp::max())) {
      course.job.source_fades_at = known.fades_at;
    }
    course.outputs.push_back(std::move(known));
    course.bytes.push_back(std::move(output.bytes));
  }
  course.job.source_url = course.outputs.front().source_url;
}

Task<void> JobRunner::poll_provider(Course& course) {
  auto provider = providers_.find(course.job.provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  std::chrono::milliseconds asked_for{0};  // by the provider, before it is asked again
  for (unsigned n = 0; !stopping_ && course.job.state == db::JobState::running; ++n) {
    if (clock_.now() >= course.job.deadline) {
      Error late{Errc::provider_timeout, "the provider did not finish in time"};
      late.members.emplace_back("prediction_id", course.job.prediction_id);
      co_await end_short(course, std::move(late));
      co_return;
    }
    co_await pause(course, std::min<std::chrono::milliseconds>(std::max(asked_for, (*provider)->poll_interval(n)),
                                                               course.job.deadline - clock_.now()));
    if (stopping_) co_return;
    auto prediction = co_await (*provider)->poll(course.job.prediction_id, course.job.poll_url);
    if (stopping_) co_return;
    asked_for = std::chrono::milliseconds(0);
    if (prediction) {
      co_await adopt(course, std::move(*prediction));
    } else {
      asked_for = prediction.error().retry_after.value_or(std::chrono::seconds(0));
    }
  }
}

Task<void> JobRunner::give_up_attempt(Course& course, Error error) {
  if (stopping_) co_return;
  if (!course.is_last_attempt() && !course.has_images()) {
    log_.warning("a provider failed; trying the next",
                 {{"job", course.job.id}, {"provider", course.job.provider}, {"reason", explain(error)}});
    note_failure(course.job, error);
    course.job.attempts += 1;
    course.job.state = db::JobState::queued;
    course.outputs.clear();
    course.job.details.clear();
    course.job.source_url.clear();
    course.job.source_fades_at.reset();
    co_await record(course);
    co_return;
  }
  co_await end_short(course, std::move(error));
}

// What is stored is the job's answer, and was paid for, whatever became of the other outputs.
Task<void> JobRunner::end_short(Course& course, Error error) {
  if (course.has_images()) {
    for (JobOutput& output : course.outputs) {
      if (output.stored) continue;
      output.error_code = to_string(error.code);
      output.error_detail = error.detail;
    }
    course.job.state = db::JobState::succeeded;
  } else {
    set_error(course.job, error);
  }
  co_await conclude(course);
}

Task<void> JobRunner::conclude(Course& course) {
  if (stopping_) co_return;
  if (course.job.state == db::JobState::failed) note_failure(course.job, error_of(course.job));
  if (!course.request.webhook_url.empty()) course.job.webhook_next_at = clock_.now();
  co_await record(course);
  metrics_.ended(course.job);
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
