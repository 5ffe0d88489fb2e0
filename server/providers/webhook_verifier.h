// Whether a webhook was signed by the provider that it says it is from. Keeps the providers' secrets, fetched when they
// are first needed, once a day, and when a signature does not fit: the secret may have been replaced. Any thread; it
// must outlive its coroutines.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "server/providers/provider.h"

namespace lightfast::providers {

class WebhookVerifier {
 public:
  explicit WebhookVerifier(const Clock& clock) : clock_(clock) {}

  // The id of the prediction that it tells of. Errc::unauthorized for a wrong or old signature; what kept the secret
  // from being fetched. `headers` and `body` outlive the call.
  Task<Result<std::string>> verify(Provider& provider, const HttpHeaders& headers, std::string_view body);

 private:
  struct Secret {
    std::string text;  // empty: not fetched yet
    Timestamp fetched_at{};
    Timestamp asked_at{};
  };
  Secret secret_of(std::string_view provider) const;
  bool may_ask_again(std::string_view provider);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Secret, std::less<>> secrets_;  // by provider
};

}  // namespace lightfast::providers
