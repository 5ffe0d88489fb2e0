// The first half of a generation: a provider is asked, once.
#include "server/jobs/job_course.h"
#include "server/providers/patience.h"

namespace lightfast::jobs {
namespace {
constexpr std::chrono::seconds pause_between_looks{3};

// Where another provider may be asked, this one's refusals are waited out only so long.
constexpr std::chrono::seconds patience_before_next{5};

// What was sent cannot be made again, or the provider keeps no list: looking on would find nothing.
bool is_worth_asking_again(Errc code) {
  return code != Errc::invalid_request && code != Errc::not_found;
}
}  // namespace

// Before the row is written: a next runner must be able to make the same request.
void JobRunner::sign_sources(Course& course) {
  JobRequest& request = course.request;
  if (request.source_images.empty() || sources_.sends_bytes()) return;
  const Timestamp now = clock_.now();
  if (request.signed_until && sources_.is_long_enough(*request.signed_until, now)) return;
  request.signed_until = sources_.signed_until(now);
  course.job.request = request_to_json(request);
}

Task<Result<providers::GenerationRequest>> JobRunner::generation_request(const Course& course) {
  std::string input = course.attempt().input;
  if (!course.request.source_images.empty()) {
    std::vector<std::string> sources = course.request.source_images;
    auto fetchable = co_await sources_.make_fetchable(std::move(input), std::move(sources),
                                                      course.request.signed_until.value_or(course.job.created_at));
    if (!fetchable) co_return fetchable.error();
    input = std::move(*fetchable);
  }
  providers::GenerationRequest request{course.attempt().model, course.request.facts.source.prompt,
                                       std::move(input),       {},
                                       course.job.id,          course.job.deadline};
  if (!settings_.webhook_base_url.empty()) {
    request.webhook_url = settings_.webhook_base_url + "/v1/webhooks/" + course.job.provider;
  }
  co_return request;
}

UrgencyQueue& JobRunner::queue_of(const Course& course) {
  const bool holds_bytes = sources_.sends_bytes() && !course.request.source_images.empty();
  const std::string name = course.job.provider + (holds_bytes ? " with images" : "");
  return calls_.try_emplace(name, holds_bytes ? settings_.calls_with_bytes : settings_.calls).first->second;
}

Error JobRunner::without_secrets(Error error) const {
  error.detail = sources_.without_signatures(std::move(error.detail));
  error.cause = sources_.without_signatures(std::move(error.cause));
  return error;
}

Task<void> JobRunner::call_provider(Course& course) {
  auto provider = providers_.find(course.attempt().provider);
  if (!provider) {
    course.job.provider = course.attempt().provider;
    course.job.model = course.attempt().model;
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
    co_await find_lost_prediction(course, std::move(outcome->error), outcome->was_answered);
  } else {
    co_await give_up_attempt(course, std::move(outcome->error));
  }
}

// The row says `calling` before the request leaves, and no sooner: whoever finds it so after a crash must not send it
// again, and whoever finds it `queued` may. So it says `queued` again while a refusal is waited out. An error: the row
// could not be written, and nothing was sent.
Task<Result<providers::CreateOutcome>> JobRunner::create(Course& course, providers::Provider& provider) {
  const UrgencyQueue::Place place = co_await queue_of(course).enter(course.job.created_at);
  course.job.deadline = clock_.now() + settings_.provider_timeout;
  const Timestamp last_retry = course.is_last_attempt() ? course.job.deadline : clock_.now() + patience_before_next;
  for (unsigned refusals = 0; !stopping_; ++refusals) {
    auto outcome = co_await create_once(course, provider);
    if (!outcome || stopping_) co_return outcome;
    const auto delay = providers::pause_before_retry(*outcome, refusals, clock_.now(), last_retry);
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
  sign_sources(course);
  auto request = co_await generation_request(course);
  if (!request) co_return providers::CreateOutcome{std::nullopt, request.error()};
  course.called_at = clock_.now();
  course.job.state = provider.is_free() ? db::JobState::queued : db::JobState::calling;
  auto recorded = co_await record_soon(course);
  if (stopping_) co_return providers::CreateOutcome{};
  if (!recorded) co_return recorded.error();
  const SteadyTime began = clock_.steady_now();
  auto outcome = co_await provider.create(std::move(*request));
  outcome.error = without_secrets(std::move(outcome.error));
  metrics_.provider_called(course.job.provider, outcome.prediction ? "ok" : to_string(outcome.error.code),
                           clock_.steady_now() - began);
  co_return outcome;
}

Task<void> JobRunner::put_back(Course& course) {
  if (course.job.state == db::JobState::queued) co_return;
  course.job.state = db::JobState::queued;
  co_await record(course);
}

// Errc::invalid_request: what was sent cannot be made again, so that nothing can be told to be its prediction.
Task<Result<std::optional<providers::Prediction>>> JobRunner::look_for_prediction(Course& course,
                                                                                  providers::Provider& provider) {
  auto request = co_await generation_request(course);
  if (!request) co_return request.error();
  providers::IsTaken is_taken = [&](const std::string& id) {
    return adopted_.contains(id) || store_.knows_prediction(course.job.provider, id);
  };
  const providers::Patience patience{clock_, sleep_, course.job.deadline};
  auto found = co_await providers::find_patiently(provider, std::move(*request), course.called_at, std::move(is_taken),
                                                  patience);
  co_return found;
}

Task<void> JobRunner::find_lost_prediction(Course& course, Error lost, bool was_answered) {
  auto provider = providers_.find(course.job.provider);
  if (!provider) {
    co_await give_up_attempt(course, provider.error());
    co_return;
  }
  // One that said that it failed is believed. Of one that said nothing nobody knows what it is working on, for money:
  // then no other is tried either.
  const bool may_ask_next = was_answered && !course.is_last_attempt();
  auto found = co_await look_for_prediction(course, **provider);
  while (!found && is_worth_asking_again(found.error().code) && !may_ask_next && !stopping_ &&
         clock_.now() < course.job.deadline) {
    co_await pause(course, pause_between_looks);
    found = co_await look_for_prediction(course, **provider);
  }
  if (stopping_) co_return;
  if (found && *found) {
    adopted_.insert((*found)->id);  // nobody else's from here on, though its row is not written yet
    log_.info("found the prediction whose answer was lost", {{"job", course.job.id}, {"prediction", (*found)->id}});
    co_await adopt(course, std::move(**found));
  } else {
    if (lost.code != Errc::provider_timeout) lost = {Errc::provider_failed, lost.detail};
    lost.members.emplace_back(std::string(acceptance), "unknown");
    if (may_ask_next) {
      co_await give_up_attempt(course, std::move(lost));
      co_return;
    }
    set_error(course.job, lost);
    co_await conclude(course);
  }
}

}  // namespace lightfast::jobs
