// A caller's request as it goes on to the provider: same method, same path and query byte for byte, same body, other
// credentials perhaps. What the provider answers is read while it comes. Any thread; it must outlive its coroutines.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/http_stream.h"
#include "base/sleep.h"

namespace lightfast::proxy {

struct ProviderCall {
  std::string method;
  std::string url;
  HttpHeaders headers;
  std::string body;
  bool is_paid = false;   // on a connection of its own, and never sent twice
  SteadyTime deadline{};  // of the beginning of its answer, what is waited out before included
};

using ProviderAnswer = boost::system::result<HttpStream, HttpFailure>;

class ProviderCaller {
 public:
  // `timeout`: of a whole call. `client` and `clock` outlive it.
  ProviderCaller(HttpClient& client, const Clock& clock, Sleep sleep, std::chrono::seconds timeout);

  // Of a call for a request that has been here since `began`: after `timeout`, but before Node's fetch gives up (after
  // 300 s without an answer), since SDKs then send what was paid for again.
  SteadyTime deadline(SteadyTime began) const;

  // A 429 is waited out, as the provider asks, while that fits into a minute and the deadline; then it is the answer.
  // One that no waiting helps (a quota) is so at once.
  Task<ProviderAnswer> call(ProviderCall call);

 private:
  Task<ProviderAnswer> call_once(const ProviderCall& call);

  HttpClient& client_;
  const Clock& clock_;
  const Sleep sleep_;
  const std::chrono::seconds timeout_;
};

// Of a call that got no answer: Errc::provider_timeout, Errc::provider_unavailable (it was never sent),
// Errc::provider_failed (it may have been acted on, and paid for), Errc::invalid_request, Errc::overloaded.
Error error_of(const HttpFailure& failure);

}  // namespace lightfast::proxy
