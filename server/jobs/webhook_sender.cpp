#include "server/jobs/webhook_sender.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "server/providers/webhook_signature.h"

namespace lightfast::jobs {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::hours tried_for{1};
constexpr std::size_t most_in_flight = 64;  // one receiver that does not answer holds up nobody else's
constexpr std::chrono::seconds answer_time{15};
constexpr std::chrono::seconds first_pause{5};
constexpr std::chrono::seconds longest_pause{600};

std::chrono::seconds pause_after(std::uint32_t attempts) {
  return std::min(first_pause * (1 << std::min(attempts, 10u)), longest_pause);
}

}  // namespace

WebhookSender::WebhookSender(JobStore& store, JobService& jobs, const JobAnswers& answers, HttpClient& client,
                             std::string secret, const Clock& clock, Logger& log)
    : store_(store),
      jobs_(jobs),
      answers_(answers),
      client_(client),
      secret_(std::move(secret)),
      clock_(clock),
      log_(log) {}

Task<void> WebhookSender::send_due() {
  auto executor = co_await asio::this_coro::executor;
  auto due = co_await store_.due_webhooks();
  if (!due) co_return;
  for (auto& job : *due) {
    if (in_flight_ >= most_in_flight) break;
    // Not due again while it is under way, but after a crash.
    job.webhook_next_at = clock_.now() + answer_time + first_pause;
    const bool kept = co_await keep(job);
    if (!kept) continue;
    ++in_flight_;
    asio::co_spawn(executor, send(std::move(job)), [this](std::exception_ptr) { --in_flight_; });
  }
}

Task<void> WebhookSender::send(db::JobRecord job) {
  auto view = co_await jobs_.get(job.id);
  if (!view) co_return;
  HttpCall call;
  call.method = "POST";
  call.url = job.webhook_url;
  call.body = answers_.job_json(*view);
  call.headers = providers::sign_webhook(secret_, job.id, call.body, clock_.now());
  call.headers.emplace_back("Content-Type", "application/json");
  call.timeout = answer_time;
  auto answer = co_await client_.fetch(std::move(call));

  const bool delivered = answer && answer->status >= 200 && answer->status < 300;
  const bool given_up = !delivered && clock_.now() - job.updated_at > tried_for;
  if (given_up) {
    log_.warning("a webhook could not be delivered", {{"job", job.id}, {"attempts", job.webhook_attempts + 1}});
  }
  job.webhook_next_at.reset();
  if (!delivered && !given_up) job.webhook_next_at = clock_.now() + pause_after(job.webhook_attempts);
  job.webhook_attempts += 1;
  co_await keep(std::move(job));
}

Task<bool> WebhookSender::keep(db::JobRecord job) {
  auto saved = co_await store_.save_webhook(std::move(job));
  if (!saved) log_.warning("a webhook's state could not be recorded", {{"reason", explain(saved.error())}});
  co_return saved.has_value();
}

}  // namespace lightfast::jobs
