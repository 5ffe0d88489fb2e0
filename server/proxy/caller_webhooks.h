// Webhooks that callers ask a provider for, taken over: the provider is given an address of ours, and what it posts
// there is sent on to the caller, signed by us. Nothing is kept: the address says where to and for whom, and its
// signature that this server made it; where the caller cannot be reached the provider is told, and tries again. What is
// changed in between, the endpoint knows. Any thread; it must outlive its coroutines.
#pragma once

#include <optional>
#include <string>

#include "base/http_client.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/images/image_urls.h"
#include "server/images/url_signer.h"
#include "server/proxy/customer.h"

namespace lightfast::proxy {

// What links of ours that others follow without a key are signed for: a prediction's events, and such addresses.
inline constexpr std::string_view for_drop_in_links = "lightfast drop-in link 1";

// What webhooks of this user's are signed with: "whsec_…", made from a key of ours that it doesn't tell.
std::string webhook_secret(std::string_view signing_key, const UserId& user);

struct WebhookOrder {
  std::string url;  // the caller's
  Customer customer;
};

class CallerWebhooks {
 public:
  // `client` reaches only where downloads may.
  CallerWebhooks(HttpClient& client, const images::ImageUrls& urls, const images::UrlSigner& links,
                 std::string signing_key, const Clock& clock, Logger& log, Metrics& metrics);

  // The address, below `path`, that the provider gets in the place of `url`; nullopt where there is none that providers
  // call: they want https.
  std::optional<std::string> take_over(std::string_view path, std::string_view url, const Customer& customer) const;

  // Whether take_over has an address for any URL at all.
  bool are_taken_over() const;

  // The caller's URL that take_over made `address` of; nullopt for any other.
  std::optional<std::string> taken_over(std::string_view path, std::string_view address) const;

  // What was ordered with the address that was called. Errc::signature_invalid, Errc::signature_expired.
  Result<WebhookOrder> read(const http::Request& request) const;

  // `id`: the provider's, the same for every try. Errc::provider_failed: the caller did not take it.
  Task<Result<void>> send_on(WebhookOrder order, std::string provider, std::string id, std::string body);

  std::string secret_of(const UserId& user) const { return webhook_secret(signing_key_, user); }

 private:
  HttpClient& client_;
  const images::ImageUrls& urls_;
  const images::UrlSigner& links_;
  const std::string signing_key_;
  const Clock& clock_;
  Logger& log_;
  Metrics& metrics_;
};

}  // namespace lightfast::proxy
