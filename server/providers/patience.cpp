#include "server/providers/patience.h"

#include <algorithm>

namespace lightfast::providers {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_create_delay{1'000};
constexpr milliseconds longest_create_delay{15'000};
constexpr milliseconds find_delays[] = {milliseconds(1'000), milliseconds(3'000), milliseconds(6'000)};

bool fits(const Patience& patience, milliseconds delay) {
  return patience.clock.now() + delay < patience.deadline;
}

// What the provider asks for, else our own.
milliseconds delay_for(const Error& error, milliseconds own) {
  return error.retry_after ? std::max<milliseconds>(*error.retry_after, milliseconds(100)) : own;
}

Error timed_out(const std::string& prediction_id) {
  Error error{Errc::provider_timeout, "the provider has not finished the generation in time"};
  error.members.emplace_back("prediction_id", prediction_id);
  return error;
}

}  // namespace

std::optional<milliseconds> pause_before_retry(const CreateOutcome& refused, unsigned n, Timestamp now,
                                               Timestamp deadline) {
  if (!refused.may_try_again) return std::nullopt;
  const milliseconds own = std::min(first_create_delay * (1 << std::min(n, 10u)), longest_create_delay);
  const milliseconds delay = delay_for(refused.error, own);
  if (now + delay >= deadline) return std::nullopt;
  return delay;
}

Task<Result<std::optional<Prediction>>> find_patiently(Provider& provider, GenerationRequest request,
                                                       Timestamp created_after, IsTaken is_taken, Patience patience) {
  Result<std::optional<Prediction>> found = co_await provider.find(request, created_after, is_taken);
  for (const milliseconds delay : find_delays) {
    const bool keeps_no_list = !found && found.error().code == Errc::not_found;
    if ((found && *found) || keeps_no_list || !fits(patience, delay)) break;
    co_await patience.sleep(delay);
    found = co_await provider.find(request, created_after, is_taken);
  }
  co_return found;
}

Task<Result<Prediction>> poll_patiently(Provider& provider, Prediction running, Patience patience) {
  for (unsigned n = 0;; ++n) {
    if (running.state != Prediction::State::running) co_return running;
    milliseconds delay = provider.poll_interval(n);
    if (!fits(patience, delay)) co_return timed_out(running.id);
    co_await patience.sleep(delay);
    Result<Prediction> polled = co_await provider.poll(running.id, running.poll_url);
    while (!polled) {
      delay = delay_for(polled.error(), provider.poll_interval(n));
      if (!fits(patience, delay)) co_return timed_out(running.id);
      co_await patience.sleep(delay);
      ++n;
      polled = co_await provider.poll(running.id, running.poll_url);
    }
    running = std::move(*polled);
  }
}

}  // namespace lightfast::providers
