// Signed webhooks as Replicate sends them (Standard Webhooks): honest ones, and by its options late, doubled and forged
// ones. Blocking; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "tests/support/http_client.h"

namespace lightfast::test {

struct Webhook {
  std::string id = "msg_1";  // the same for every try
  std::chrono::sys_seconds sent_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::string body;
  std::string secret;                         // "whsec_" and base64
  std::optional<std::string> signature = {};  // instead of the right one
};

// "v1,<base64>": HMAC-SHA-256 over id.timestamp.body.
std::string webhook_signature(const Webhook& webhook);

HttpResponse send_webhook(const Webhook& webhook, int port, const std::string& target);

}  // namespace lightfast::test
