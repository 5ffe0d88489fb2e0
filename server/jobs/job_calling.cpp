// The first half of a generation: a provider is asked, once.
#include "server/jobs/job_course.h"
#include "server/providers/patience.h"

namespace lightfast::jobs {
namespace {
constexpr std::chrono::seconds pause_between_looks{3};
}  // namespace

providers::GenerationRequest JobRunner::generation_request(const Course& course) const {
  return {course.attempt().model,
          course.request.facts.source.prompt,
          course.attempt().input,
          settings_.webhook_base_url.empty() ? "" : settings_.webhook_base_url + "/v1/webhooks/" + course.job.provider,
          course.job.id,
          course.job.deadline};
}

Task<void> JobRunner::call_provider(Course& course) {
  auto provider = providers_.find(course.attempt().provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  course.job.provider = (*provider)->name();
  course.job.model =
      course.attempt().model.empty() ? std::string((*provider)->default_model()) : course.attempt().model;
  auto outcome = co_await create(course, **provider);
  if (!outcome) {
    set_error(course.job, outcome.error());
    co_await conclude(course);
  } else if (outcome->prediction) {
    co_await adopt(course, std::move(*outcome->prediction));
  } else if (stopping_) {
    // Where it may have been accepted the row says so: it is looked for after the next start.
    if (!outcome->may_be_accepted) co_await put_back(course);
  } else if (outcome->may_be_accepted) {
    co_await find_lost_prediction(course, std::move(outcome->error));
  } else {
    co_await give_up_attempt(course, std::move(outcome->error));
  }
}

// The row says `calling` before the request leaves, and no sooner: whoever finds it so after a crash must not send it
// again, and whoever finds it `queued` may. So it says `queued` again while a refusal is waited out. An error: the row
// could not be written, and nothing was sent.
Task<Result<providers::CreateOutcome>> JobRunner::create(Course& course, providers::Provider& provider) {
  auto& calls = calls_.try_emplace(course.job.provider, settings_.calls).first->second;
  const UrgencyQueue::Place place = co_await calls.enter(course.job.created_at);
  course.job.deadline = clock_.now() + settings_.provider_timeout;
  for (unsigned refusals = 0; !stopping_; ++refusals) {
    auto outcome = co_await create_once(course, provider);
    if (!outcome || stopping_) co_return outcome;
    const auto delay = providers::pause_before_retry(*outcome, refusals, clock_.now(), course.job.deadline);
    if (!delay) co_return outcome;
    co_await put_back(course);
    log_.info("a provider refused for now; it is asked again", {{"job", course.job.id},
                                                                {"provider", course.job.provider},
                                                                {"after_ms", delay->count()},
                                                                {"reason", explain(outcome->error)}});
    co_await pause(course, *delay);
  }
  co_return providers::CreateOutcome{};
}

Task<Result<providers::CreateOutcome>> JobRunner::create_once(Course& course, providers::Provider& provider) {
  course.called_at = clock_.now();
  course.job.state = provider.is_free() ? db::JobState::queued : db::JobState::calling;
  auto recorded = co_await record_soon(course);
  if (stopping_) co_return providers::CreateOutcome{};
  if (!recorded) co_return recorded.error();
  providers::GenerationRequest request = generation_request(course);
  const SteadyTime began = clock_.steady_now();
  auto outcome = co_await provider.create(std::move(request));
  metrics_.provider_called(course.job.provider, outcome.prediction ? "ok" : to_string(outcome.error.code),
                           clock_.steady_now() - began);
  co_return outcome;
}

Task<void> JobRunner::put_back(Course& course) {
  if (course.job.state == db::JobState::queued) co_return;
  course.job.state = db::JobState::queued;
  co_await record(course);
}

Task<void> JobRunner::find_lost_prediction(Course& course, Error lost) {
  auto provider = providers_.find(course.job.provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  providers::IsTaken is_taken = [&](const std::string& id) {
    return adopted_.contains(id) || store_.knows_prediction(course.job.provider, id);
  };
  const providers::Patience patience{clock_, sleep_, course.job.deadline};
  providers::GenerationRequest request = generation_request(course);
  auto found = co_await providers::find_patiently(**provider, std::move(request), course.called_at, std::move(is_taken),
                                                  patience);
  if (stopping_) co_return;
  if (found && *found) {
    adopted_.insert((*found)->id);  // nobody else's from here on, though its row is not written yet
    log_.info("found the prediction whose answer was lost", {{"job", course.job.id}, {"prediction", (*found)->id}});
    co_await adopt(course, std::move(**found));
  } else if (!found && clock_.now() < course.job.deadline) {
    co_await pause(course, pause_between_looks);  // nobody answered: looked for again from the row's state
  } else {
    // Another provider may not be tried either: this one may be working on it, for money.
    if (lost.code != Errc::provider_timeout) lost = {Errc::provider_failed, lost.detail};
    lost.members.emplace_back(std::string(acceptance), "unknown");
    set_error(course.job, lost);
    co_await conclude(course);
  }
}

}  // namespace lightfast::jobs
