#include "server/routes/metrics_routes.h"

namespace lightfast::routes {

Task<Result<http::Response>> MetricsRoutes::metrics(http::Request&) {
  auto text = co_await readers_.run([this]() -> Result<std::string> { return metrics_.scrape(); });
  if (!text) co_return text.error();
  http::Response response;
  response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.headers.add("Cache-Control", "no-store");
  response.body.push_back(std::move(*text));
  co_return response;
}

}  // namespace lightfast::routes
