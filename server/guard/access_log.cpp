#include "server/guard/access_log.h"

namespace lightfast::guard {
namespace {

LogLevel level_of(const http::Exchange& exchange) {
  if (exchange.status >= 500) return LogLevel::warning;
  const bool reads = exchange.request.method == http::Method::get || exchange.request.method == http::Method::head;
  const bool routine =
      exchange.route != nullptr && reads &&
      (exchange.route->pattern.starts_with("/v1/images/hosted/") || exchange.route->pattern == "/healthz" ||
       exchange.route->pattern == "/readyz" || exchange.route->pattern == "/metrics");
  // A flood that is refused shall not flood the log: the metrics count it.
  const bool is_usual = exchange.status < 400 || exchange.status == 429;
  return routine && is_usual ? LogLevel::debug : LogLevel::info;
}

}  // namespace

void AccessLog::write(const http::Exchange& exchange) {
  const LogLevel level = level_of(exchange);
  if (!log_.enabled(level)) return;
  const std::string client = exchange.request.client_address.str();
  using Milliseconds = std::chrono::duration<double, std::milli>;
  log_.log(level, "request",
           {{"method", exchange.request.method_text},
            {"path", exchange.request.path},
            {"status", exchange.status},
            {"bytes", exchange.body_bytes_sent},
            {"duration_ms", Milliseconds(exchange.duration).count()},
            {"client", client},
            {"key", exchange.request.caller},
            {"request_id", exchange.request.request_id},
            {"complete", exchange.complete}});
}

}  // namespace lightfast::guard
