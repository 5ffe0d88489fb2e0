#include "tests/support/fake_webhook.h"

#include <stdexcept>

#include "base/digest.h"
#include "base/encoding.h"

namespace lightfast::test {
namespace {

std::string timestamp(const Webhook& webhook) {
  return std::to_string(webhook.sent_at.time_since_epoch().count());
}

}  // namespace

std::string webhook_signature(const Webhook& webhook) {
  constexpr std::string_view prefix = "whsec_";
  const auto key = from_base64(std::string_view(webhook.secret).substr(prefix.size()));
  if (!key) throw std::invalid_argument("a webhook's secret is whsec_ and base64");
  return "v1," + to_base64(hmac_sha256(*key, webhook.id + "." + timestamp(webhook) + "." + webhook.body));
}

HttpResponse send_webhook(const Webhook& webhook, int port, const std::string& target) {
  HttpClient client(port);
  return client.send({.method = "POST",
                      .target = target,
                      .headers = {{"Content-Type", "application/json"},
                                  {"webhook-id", webhook.id},
                                  {"webhook-timestamp", timestamp(webhook)},
                                  {"webhook-signature", webhook.signature.value_or(webhook_signature(webhook))}},
                      .body = webhook.body});
}

}  // namespace lightfast::test
