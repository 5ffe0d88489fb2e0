#include "server/routes/webhook_routes.h"

#include <boost/json.hpp>

#include "server/providers/webhook_signature.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

std::string header(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string() : *value;
}

}  // namespace

WebhookRoutes::WebhookRoutes(jobs::JobService& jobs, const providers::Registry& providers, const Clock& clock)
    : jobs_(jobs), providers_(providers), clock_(clock) {}

Task<Result<std::string>> WebhookRoutes::secret_of(providers::Provider& provider) {
  {
    const std::lock_guard lock(mutex_);
    if (!replicate_secret_.empty()) co_return replicate_secret_;
  }
  auto secret = co_await provider.fetch_webhook_secret();
  if (!secret) co_return secret.error();
  const std::lock_guard lock(mutex_);
  replicate_secret_ = *secret;
  co_return secret;
}

Task<Result<http::Response>> WebhookRoutes::receive(http::Request& request) {
  auto provider = providers_.find(request.param("provider"));
  if (!provider) co_return Error{Errc::not_found, "no such provider reports here"};
  auto body = co_await http::read_all(*request.body, body_limit);
  if (!body) co_return body.error();
  auto secret = co_await secret_of(**provider);
  if (!secret) co_return secret.error();
  const std::string id = header(request, "webhook-id"), timestamp = header(request, "webhook-timestamp"),
                    signature = header(request, "webhook-signature");
  auto genuine = providers::verify_webhook({id, timestamp, signature}, *body, std::span(&*secret, 1), clock_.now());
  if (!genuine) co_return genuine.error();
  auto members = parse_object(*body);
  if (!members) co_return members.error();
  auto prediction = string_member(*members, "id");
  if (!prediction) co_return prediction.error();
  if (*prediction) co_await jobs_.hear_of(std::string((*provider)->name()), std::move(**prediction));
  co_return http::json_response(200, "{}");
}

}  // namespace lightfast::routes
