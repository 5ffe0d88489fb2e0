// Who is calling: `Authorization: Bearer KEY` against the keys there are, and the tokens made from them. Asks no
// database. Any thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "server/guard/caller.h"
#include "server/guard/key_ring.h"
#include "server/guard/tokens.h"
#include "server/http/message.h"

namespace lightfast::guard {

class ApiKeyGuard {
 public:
  ApiKeyGuard(const KeyRing& keys, const Tokens& tokens, const Clock& clock)
      : keys_(keys), tokens_(tokens), clock_(clock) {}

  // nullopt: no credentials were given. Errc::unauthorized: they are not valid.
  Result<std::optional<Caller>> identify(const http::Request& request) const;

  // Whose key or token this is. Errc::unauthorized: nobody's, or its time is over.
  Result<Caller> holder_of(std::string_view key) const;

  // Errc::unauthorized without a valid key, Errc::forbidden with too little.
  Result<Caller> require(const http::Request& request, Scope scope) const;

 private:
  const KeyRing& keys_;
  const Tokens& tokens_;
  const Clock& clock_;
};

}  // namespace lightfast::guard
