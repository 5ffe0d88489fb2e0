// Whether a webhook was signed by the provider that it says it is from. Keeps the providers' secrets, fetched when they
// are first needed, once a day, and when a signature does not fit: the secret may have been replaced. Asks
// for one at most once a minute, whoever calls. Any thread; it must outlive its coroutines.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

class WebhookVerifier {
 public:
  explicit WebhookVerifier(const Clock& clock) : clock_(clock) {}

  // What the headers alone tell, before a body is read: Errc::not_found, where the provider sends no webhooks, or
  // Errc::unauthorized.
  Result<void> check(const Provider& provider, const HttpHeaders& headers) const;

  // The id of the prediction that it tells of. Errc::unauthorized for a wrong or old signature; what kept the secret
  // from being fetched, Errc::provider_unavailable where that was asked for less than a minute ago. `headers` and
  // `body` outlive the call.
  Task<Result<std::string>> verify(Provider& provider, const HttpHeaders& headers, std::string_view body);

 private:
  struct Secret {
    std::string text;  // empty: not fetched yet
    Timestamp fetched_at{};
    std::optional<Timestamp> asked_at;
  };
  Secret secret_of(std::string_view provider) const;
  bool may_ask(std::string_view provider);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Secret, std::less<>> secrets_;  // by provider
};

}  // namespace lightfast::providers
