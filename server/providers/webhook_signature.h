// Signatures of webhooks as Standard Webhooks (and Replicate) have them: HMAC-SHA-256 over "id.timestamp.body", sent
// as `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,<base64>`. Pure functions.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace lightfast::providers {

inline constexpr std::chrono::minutes max_webhook_age{5};  // either way: clocks differ

// The key in a secret: what follows "whsec_", base64-decoded; any other text is the key itself.
std::string webhook_key(std::string_view secret);

// Errc::unauthorized unless `timestamp` is a time in Unix seconds at most max_webhook_age away.
Result<void> check_webhook_age(std::string_view timestamp, Timestamp now);

struct WebhookHeaders {
  std::string_view id;
  std::string_view timestamp;  // Unix seconds
  std::string_view signature;  // one or several "v1,<base64>", separated by spaces
};

// Errc::unauthorized unless there is an id, a signature and a timestamp that is at most max_webhook_age away.
Result<void> check_webhook_headers(const WebhookHeaders& headers, Timestamp now);

// Errc::unauthorized unless one signature fits one of the secrets and the timestamp is at most max_webhook_age away.
// That an id was seen before is for the caller to remember: retries keep theirs.
Result<void> verify_webhook(const WebhookHeaders& headers, std::string_view body, std::span<const std::string> secrets,
                            Timestamp now);

// The three headers for a webhook of our own.
std::vector<std::pair<std::string, std::string>> sign_webhook(std::string_view secret, std::string_view id,
                                                              std::string_view body, Timestamp now);

}  // namespace lightfast::providers
