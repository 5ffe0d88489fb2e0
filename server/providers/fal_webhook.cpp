// fal's webhooks: Ed25519 over "request id, user id, timestamp, SHA-256 of the body", one a line, by a key of its JWKS.
#include <boost/json/array.hpp>

#include "base/digest.h"
#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/json_members.h"
#include "server/providers/fal_wire.h"
#include "server/providers/members.h"
#include "server/providers/webhook_signature.h"

namespace lightfast::providers::fal {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_field = 256;

bool is_signed_by(const json::value& key, std::string_view message, std::string_view signature) {
  const auto* object = key.if_object();
  if (object == nullptr || text_of(*object, "crv") != "Ed25519") return false;
  const auto point = from_base64(text_of(*object, "x"));
  return point && verify_ed25519(*point, message, signature);
}

struct SignedBy {
  std::string id, user, timestamp, signature;
};

Result<SignedBy> read_headers(const HttpHeaders& headers, Timestamp now) {
  const auto field = [&](std::string_view name) { return std::string(find_header(headers, name).value_or("")); };
  const auto signature = from_hex(field("X-Fal-Webhook-Signature"));
  SignedBy by{field("X-Fal-Webhook-Request-Id"), field("X-Fal-Webhook-User-Id"), field("X-Fal-Webhook-Timestamp"),
              signature.value_or(std::string())};
  if (by.id.empty() || by.id.size() > longest_field || by.user.size() > longest_field || by.signature.empty()) {
    return Error{Errc::unauthorized, "X-Fal-Webhook-Request-Id or X-Fal-Webhook-Signature is missing"};
  }
  if (const auto fresh = check_webhook_age(by.timestamp, now); !fresh) return fresh.error();
  return by;
}

}  // namespace

Result<void> check_webhook(const HttpHeaders& headers, Timestamp now) {
  if (const auto by = read_headers(headers, now); !by) return by.error();
  return {};
}

Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view keys,
                                 Timestamp now) {
  const auto by = read_headers(headers, now);
  if (!by) return by.error();
  const std::string message = by->id + "\n" + by->user + "\n" + by->timestamp + "\n" + sha256(body).hex();
  const auto set = parse_object(keys);
  const auto* list = set ? member_of(*set, "keys").if_array() : nullptr;
  if (list == nullptr) return Error{Errc::provider_unavailable, "fal's public keys could not be read"};
  for (const json::value& key : *list) {
    if (is_signed_by(key, message, by->signature)) return by->id;
  }
  return Error{Errc::unauthorized, "the webhook's signature does not fit"};
}

}  // namespace lightfast::providers::fal
