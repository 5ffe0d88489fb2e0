#include "server/proxy/provider_call.h"

#include <algorithm>
#include <limits>

#include "server/providers/answer.h"

namespace lightfast::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds longest_patience{60};
constexpr seconds longest_silence{285};  // towards a caller, with some room for hosting what came
constexpr milliseconds first_pause{1'000};
constexpr std::chrono::hours longest_answer{6};  // from its first byte on: streams go on for long

// How long to wait before a refused call is sent again; nullopt where that is no use.
std::optional<milliseconds> pause_after(const HttpStream& refused, const std::string& body, unsigned n, Timestamp now) {
  if (body.find("insufficient_quota") != std::string::npos) return std::nullopt;
  HttpAnswer answer;
  answer.status = refused.status();
  answer.headers = refused.headers();
  answer.body = body;
  const milliseconds own = first_pause * (1 << std::min(n, 5u));
  const auto asked = providers::find_retry_after(answer, now);
  return asked ? std::max<milliseconds>(*asked, milliseconds(100)) : own;
}

}  // namespace

ProviderCaller::ProviderCaller(HttpClient& client, const Clock& clock, Sleep sleep, seconds timeout)
    : client_(client), clock_(clock), sleep_(std::move(sleep)), timeout_(timeout) {}

SteadyTime ProviderCaller::deadline(SteadyTime began) const {
  return began + std::min(timeout_, longest_silence);
}

Task<ProviderAnswer> ProviderCaller::call(ProviderCall call) {
  const SteadyTime give_up = std::min(clock_.steady_now() + longest_patience, call.deadline);
  for (unsigned n = 0;; ++n) {
    auto answer = co_await call_once(call);
    if (!answer || answer->status() != 429) co_return std::move(answer);
    auto body = co_await answer->next();
    if (!body) co_return HttpFailure{body.error(), true, true};
    const auto pause = pause_after(*answer, *body, n, clock_.now());
    answer->put_back(std::move(*body));
    if (!pause || *pause >= give_up - clock_.steady_now()) co_return std::move(answer);
    co_await sleep_(*pause);
  }
}

Task<ProviderAnswer> ProviderCaller::call_once(const ProviderCall& call) {
  const auto left = std::chrono::floor<milliseconds>(call.deadline - clock_.steady_now());
  if (left <= milliseconds(0)) co_return HttpFailure{{Errc::download_timeout, "no time was left for the call"}};
  HttpCall wire;
  wire.method = call.method;
  wire.url = call.url;
  wire.headers = call.headers;
  wire.body = call.body;
  if (call.is_paid) wire.connection = HttpConnection::fresh;
  wire.head_timeout = left;
  wire.timeout = timeout_ + longest_answer;
  wire.low_speed_bytes_per_second = 1;
  wire.low_speed_time = timeout_;
  wire.max_body_bytes = std::numeric_limits<std::int64_t>::max();
  auto answer = co_await HttpStream::open(client_, std::move(wire));
  co_return std::move(answer);
}

Error error_of(const HttpFailure& failure) {
  const Error& error = failure.error;
  if (error.code == Errc::overloaded || error.code == Errc::invalid_request) return error;
  if (error.code == Errc::download_timeout) return {Errc::provider_timeout, "the provider did not answer in time"};
  if (!failure.request_sent) return {Errc::provider_unavailable, "the provider cannot be reached: " + error.detail};
  return {Errc::provider_failed, "the provider's answer was lost: " + error.detail};
}

}  // namespace lightfast::proxy
