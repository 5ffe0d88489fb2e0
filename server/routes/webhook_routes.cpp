#include "server/routes/webhook_routes.h"

#include <algorithm>

namespace lightfast::routes {
namespace {

constexpr std::uint64_t memory_for_bodies = 64 << 20;  // anyone may send some

}  // namespace

WebhookRoutes::WebhookRoutes(jobs::JobService& jobs, const providers::Registry& providers, const Clock& clock)
    : jobs_(jobs), providers_(providers), verifier_(clock), memory_(memory_for_bodies) {}

Task<Result<http::Response>> WebhookRoutes::receive(http::Request& request) {
  auto provider = providers_.find(request.param("provider"));
  if (!provider) co_return Error{Errc::not_found, "no such provider reports here"};
  if (auto plausible = verifier_.check(**provider, request.headers.all()); !plausible) co_return plausible.error();
  auto memory = memory_.take(std::min(body_limit, request.body->content_length().value_or(body_limit)));
  if (!memory) co_return memory.error();
  auto body = co_await http::read_all(*request.body, body_limit);
  if (!body) co_return body.error();
  auto prediction_id = co_await verifier_.verify(**provider, request.headers.all(), *body);
  if (!prediction_id) co_return prediction_id.error();
  if (!prediction_id->empty()) co_await jobs_.hear_of(std::string((*provider)->name()), std::move(*prediction_id));
  co_return http::json_response(200, "{}");
}

}  // namespace lightfast::routes
