// What administrators ask over HTTP: /v1/admin.
#pragma once

#include "server/guard/api_key_guard.h"
#include "server/http/message.h"
#include "server/lifecycle/upkeep.h"

namespace lightfast::routes {

class AdminRoutes {
 public:
  explicit AdminRoutes(lifecycle::Upkeep& upkeep) : upkeep_(upkeep) {}

  // Goes on to its end when the caller goes away.
  Task<Result<http::Response>> cleanup(http::Request& request, guard::Caller caller);

 private:
  lifecycle::Upkeep& upkeep_;
};

}  // namespace lightfast::routes
