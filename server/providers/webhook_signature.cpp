#include "server/providers/webhook_signature.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "base/encoding.h"

namespace lightfast::providers {
namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::string_view version_prefix = "v1,";
constexpr std::size_t max_id_bytes = 256;

std::string signature_of(std::string_view key, std::string_view id, std::string_view timestamp, std::string_view body) {
  std::string message;
  message.reserve(id.size() + timestamp.size() + body.size() + 2);
  message.append(id).append(".").append(timestamp).append(".").append(body);
  return to_base64(hmac_sha256(key, message));
}

}  // namespace

Result<void> check_webhook_age(std::string_view timestamp, Timestamp now) {
  std::int64_t seconds = 0;
  const auto [end, problem] = std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
  if (timestamp.empty() || problem != std::errc() || end != timestamp.data() + timestamp.size()) {
    return Error{Errc::unauthorized, "the webhook's timestamp is not a time in Unix seconds"};
  }
  const auto now_seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto limit = std::chrono::seconds(max_webhook_age).count();
  // Compared without subtracting, which a hostile number could overflow.
  if (seconds < now_seconds - limit || seconds > now_seconds + limit) {
    return Error{Errc::unauthorized, "the webhook is older than five minutes, or the clocks differ"};
  }
  return {};
}

std::string webhook_key(std::string_view secret) {
  if (!secret.starts_with(secret_prefix)) return std::string(secret);
  return from_base64(secret.substr(secret_prefix.size())).value_or(std::string());
}

Result<void> check_webhook_headers(const WebhookHeaders& headers, Timestamp now) {
  if (headers.id.empty() || headers.id.size() > max_id_bytes || headers.signature.empty()) {
    return Error{Errc::unauthorized, "webhook-id or webhook-signature is missing"};
  }
  return check_webhook_age(headers.timestamp, now);
}

Result<void> verify_webhook(const WebhookHeaders& headers, std::string_view body, std::span<const std::string> secrets,
                            Timestamp now) {
  if (const auto fresh = check_webhook_headers(headers, now); !fresh) return fresh.error();
  for (const std::string& secret : secrets) {
    const std::string key = webhook_key(secret);
    if (key.empty()) continue;  // anyone could sign with that
    const std::string expected = signature_of(key, headers.id, headers.timestamp, body);
    std::string_view rest = headers.signature;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      const std::string_view candidate = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (candidate.starts_with(version_prefix) &&
          equal_constant_time(candidate.substr(version_prefix.size()), expected)) {
        return {};
      }
    }
  }
  return Error{Errc::unauthorized, "the webhook's signature does not fit"};
}

std::vector<std::pair<std::string, std::string>> sign_webhook(std::string_view secret, std::string_view id,
                                                              std::string_view body, Timestamp now) {
  const std::string timestamp =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  return {{"webhook-id", std::string(id)},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", std::string(version_prefix) + signature_of(webhook_key(secret), id, timestamp, body)}};
}

}  // namespace lightfast::providers
