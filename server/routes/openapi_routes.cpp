#include "server/routes/openapi_routes.h"

#include "server/routes/openapi.h"

namespace lightfast::routes {

Task<Result<http::Response>> OpenApiRoutes::document(http::Request&) {
  auto response = http::json_response(200, std::string(openapi_json));
  response.headers.set("Cache-Control", "public, max-age=300");
  co_return response;
}

}  // namespace lightfast::routes
