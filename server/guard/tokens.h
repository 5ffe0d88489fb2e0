// Short-lived keys for one user, made from another key: "lft_" and what they allow, signed. Nothing of them is stored;
// they end with their time, with the key they were made from, or with the signing key. Read-only: any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "server/guard/caller.h"
#include "server/guard/key_ring.h"

namespace lightfast::guard {

struct Token {
  std::string text;
  Timestamp expires_at{};
};

class Tokens {
 public:
  Tokens(const std::vector<std::string>& signing_keys, const KeyRing& keys);  // the first signs, all verify

  // Never more than `maker` may, and not beyond its end. Errc::forbidden where more is asked for, or where the maker is
  // a token itself: one could live for ever by making the next.
  Result<Token> make(const Caller& maker, const UserId& user, const Scopes& scopes, Timestamp expires_at) const;

  // Errc::unauthorized for anything that make() did not make, and for what has ended.
  Result<Caller> read(std::string_view text, Timestamp now) const;

  static bool looks_like_one(std::string_view text);

 private:
  std::vector<std::string> signing_keys_;  // made from those given, for this purpose alone
  const KeyRing& keys_;
};

}  // namespace lightfast::guard
