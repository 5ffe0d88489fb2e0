// GET /openapi.json: what every route takes and answers, for programs that make clients or pages of it.
#pragma once

#include "server/http/message.h"

namespace lightfast::routes {

class OpenApiRoutes {
 public:
  Task<Result<http::Response>> document(http::Request& request);
};

}  // namespace lightfast::routes
