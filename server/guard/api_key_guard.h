// Who is calling: `Authorization: Bearer KEY` against the keys there are. Keys are held as SHA-256 digests, never in
// plain. Built at start, then read-only: any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "server/http/message.h"

namespace lightfast::guard {

enum class Scope { read, write, admin };

// Someone with a valid key. Without `user` the key works for every user.
struct Caller {
  std::string key_name;  // for logs; never the key
  std::string key_id;    // the same for the same key, whatever else changes; not the key
  bool can_read = false, can_write = false, can_admin = false;
  std::optional<UserId> user;

  bool may(Scope scope) const;
  bool may_act_for(const UserId& whom) const { return !user || *user == whom; }
};

class ApiKeyGuard {
 public:
  explicit ApiKeyGuard(const std::vector<std::string>& full_keys);

  // nullopt: no credentials were given. Errc::unauthorized: they are not valid.
  Result<std::optional<Caller>> identify(const http::Request& request) const;

  // Errc::unauthorized without a valid key, Errc::forbidden with too little.
  Result<Caller> require(const http::Request& request, Scope scope) const;

 private:
  std::map<Sha256Digest, Caller> callers_;
};

// Errc::forbidden, unless the caller's key works for `user`.
Result<void> require_user(const Caller& caller, const UserId& user);

// A new random key: "lf_" and 43 characters (256 bits).
std::string make_api_key();

}  // namespace lightfast::guard
