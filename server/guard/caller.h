// Someone with a valid key, and what that key allows. Plain values: any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"

namespace lightfast::guard {

enum class Scope { read, write, admin };

// None includes another: a key that may write may not read unless it says so.
struct Scopes {
  bool read = false, write = false, admin = false;

  bool may(Scope scope) const;
  bool covers(const Scopes& others) const;
  std::string str() const;  // "read,write"

  // Comma-separated, in any order, at least one. Errc::invalid_request.
  static Result<Scopes> parse(std::string_view text);
  static Scopes all() { return {true, true, true}; }
};

struct Caller {
  std::string key_name;  // for logs; never the key
  std::string key_id;    // the same for the same key, whatever else changes; not the key. A token's: its maker's
  Scopes scopes;
  std::optional<UserId> user;           // absent: it works for every user
  std::optional<Timestamp> expires_at;  // absent: never
  bool is_token = false;

  bool may(Scope scope) const { return scopes.may(scope); }
  // Whose requests these are: a key's, or those of the tokens of one key for one user.
  std::string identity() const { return user ? key_id + "/" + user->str() : key_id; }
  bool may_act_for(const UserId& whom) const { return !user || *user == whom; }
};

// Errc::forbidden, unless the caller's key works for `user`.
Result<void> require_user(const Caller& caller, const UserId& user);

}  // namespace lightfast::guard
