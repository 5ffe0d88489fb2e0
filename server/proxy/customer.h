// Who calls a drop-in, for which user, and whose credentials the provider sees. A Lightfast key never reaches a
// provider, and the credentials of the configuration are spent for the holders of one alone. Any thread.
#pragma once

#include <optional>
#include <string>

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"

namespace lightfast::proxy {

struct Customer {
  std::string key_name;                // for logs; empty: without a key of ours
  std::optional<std::string> subject;  // whom rates count; absent: the address
  UserId user = UserId::fallback();
  bool is_bound = false;      // the key works for that user alone
  bool spends_ours = false;   // the credentials of the configuration
  std::string authorization;  // else the caller's own, as they came; empty: none
};

// What our credentials reach at a provider is everybody's: whoever is bound to a user may only do what concerns nobody
// else (`is_for_one_user`). Errc::forbidden.
Result<void> require_reach(const Customer& customer, bool is_for_one_user);

class CustomerGuard {
 public:
  // `is_open`: those without a key may come too (DROPIN_OPEN).
  CustomerGuard(const guard::ApiKeyGuard& guard, bool is_open) : guard_(guard), is_open_(is_open) {}

  // The key is the SDK's own (`Authorization: Bearer KEY`, or Token, or Key), or stands in X-Lightfast-Key.
  // Errc::unauthorized (also where a key of ours stands in Authorization in any other way), Errc::forbidden (a key that
  // may not write, or works for another user than X-Lightfast-User), Errc::invalid_user_id.
  Result<Customer> identify(const http::Request& request) const;

 private:
  const guard::ApiKeyGuard& guard_;
  const bool is_open_;
};

}  // namespace lightfast::proxy
