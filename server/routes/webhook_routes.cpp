#include "server/routes/webhook_routes.h"

#include <boost/json.hpp>

#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

std::string header(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string() : *value;
}

}  // namespace

WebhookRoutes::WebhookRoutes(jobs::JobService& jobs, const providers::Registry& providers, const Clock& clock)
    : jobs_(jobs), providers_(providers), verifier_(clock) {}

Task<Result<http::Response>> WebhookRoutes::receive(http::Request& request) {
  auto provider = providers_.find(request.param("provider"));
  if (!provider) co_return Error{Errc::not_found, "no such provider reports here"};
  auto body = co_await http::read_all(*request.body, body_limit);
  if (!body) co_return body.error();
  const std::string id = header(request, "webhook-id"), timestamp = header(request, "webhook-timestamp"),
                    signature = header(request, "webhook-signature");
  const providers::WebhookHeaders headers{id, timestamp, signature};
  auto genuine = co_await verifier_.verify(**provider, headers, *body);
  if (!genuine) co_return genuine.error();
  auto members = parse_object(*body);
  if (!members) co_return members.error();
  auto prediction = string_member(*members, "id");
  if (!prediction) co_return prediction.error();
  if (*prediction) co_await jobs_.hear_of(std::string((*provider)->name()), std::move(**prediction));
  co_return http::json_response(200, "{}");
}

}  // namespace lightfast::routes
