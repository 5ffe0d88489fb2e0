#include "server/providers/webhook_verifier.h"

namespace lightfast::providers {
namespace {
constexpr std::chrono::minutes between_fetches{1};  // strangers' signatures don't fit either
constexpr std::chrono::hours longest_kept{24};
}  // namespace

Result<void> WebhookVerifier::check(const Provider& provider, const HttpHeaders& headers) const {
  return provider.check_webhook(headers, clock_.now());
}

Task<Result<std::string>> WebhookVerifier::verify(Provider& provider, const HttpHeaders& headers,
                                                  std::string_view body) {
  const std::string name(provider.name());
  const Secret known = secret_of(name);
  if (!known.text.empty() && clock_.now() - known.fetched_at < longest_kept) {
    auto told = provider.read_webhook(headers, body, known.text, clock_.now());
    if (told || told.error().code != Errc::unauthorized || !may_ask(name)) co_return told;
  } else if (!may_ask(name)) {
    co_return Error{Errc::provider_unavailable, "what this provider signs with is not known yet; try again in a minute",
                    between_fetches};
  }
  auto secret = co_await provider.fetch_webhook_secret();
  if (!secret) co_return secret.error();
  {
    const std::lock_guard lock(mutex_);
    secrets_[name] = {*secret, clock_.now(), clock_.now()};
  }
  co_return provider.read_webhook(headers, body, *secret, clock_.now());
}

WebhookVerifier::Secret WebhookVerifier::secret_of(std::string_view provider) const {
  const std::lock_guard lock(mutex_);
  const auto found = secrets_.find(provider);
  return found == secrets_.end() ? Secret{} : found->second;
}

bool WebhookVerifier::may_ask(std::string_view provider) {
  const std::lock_guard lock(mutex_);
  Secret& secret = secrets_[std::string(provider)];
  if (secret.asked_at && clock_.now() - *secret.asked_at < between_fetches) return false;
  secret.asked_at = clock_.now();  // others meanwhile go by what is known
  return true;
}

}  // namespace lightfast::providers
