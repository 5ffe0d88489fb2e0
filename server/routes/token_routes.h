// POST /v1/tokens: a short-lived key for one user, to be put into a phone.
#pragma once

#include "server/guard/tokens.h"
#include "server/http/message.h"

namespace lightfast::routes {

class TokenRoutes {
 public:
  static constexpr std::uint64_t body_limit = 4096;

  TokenRoutes(const guard::Tokens& tokens, const Clock& clock) : tokens_(tokens), clock_(clock) {}

  Task<Result<http::Response>> create(http::Request& request, guard::Caller caller);

 private:
  const guard::Tokens& tokens_;
  const Clock& clock_;
};

}  // namespace lightfast::routes
