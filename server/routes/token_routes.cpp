#include "server/routes/token_routes.h"

#include <boost/json.hpp>

#include "server/routes/request_body.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

constexpr std::int64_t usual_lifetime = 3'600, longest_lifetime = 7 * 86'400;

// What the caller itself may, where nothing is said.
Result<guard::Scopes> wanted_scopes(const boost::json::object& members, const guard::Caller& caller) {
  auto text = string_member(members, "scope");
  if (!text) return text.error();
  if (*text) return guard::Scopes::parse(**text);
  return guard::Scopes{caller.scopes.read, caller.scopes.write, false};
}

}  // namespace

Task<Result<http::Response>> TokenRoutes::create(http::Request& request, guard::Caller caller) {
  auto members = co_await read_members(*request.body, body_limit);
  if (!members) co_return members.error();
  auto user = member_user(*members, caller);
  if (!user) co_return user.error();
  auto scopes = wanted_scopes(*members, caller);
  if (!scopes) co_return scopes.error();
  auto lifetime = integer_member(*members, "expires_in", 1, longest_lifetime);
  if (!lifetime) co_return lifetime.error();
  const Timestamp end = clock_.now() + std::chrono::seconds(lifetime->value_or(usual_lifetime));
  auto token = tokens_.make(caller, *user, *scopes, end);
  if (!token) co_return token.error();
  const boost::json::object answer{{"token", token->text}, {"expires_at", to_iso8601(token->expires_at)}};
  auto response = http::json_response(201, boost::json::serialize(answer));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace lightfast::routes
