#include "server/routes/user_routes.h"

#include <boost/json.hpp>
#include <limits>

#include "server/images/slug.h"
#include "server/images/usage_json.h"
#include "server/routes/request_body.h"
#include "server/routes/request_fields.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

Result<std::optional<std::uint64_t>> limit_member(const json::object& members, std::string_view name) {
  auto number = integer_member(members, name, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return number.error();
  if (!*number) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(**number));
}

Result<images::OwnLimits> limits_of(const json::object& members) {
  auto images = limit_member(members, "images");
  if (!images) return images.error();
  auto bytes = limit_member(members, "bytes");
  if (!bytes) return bytes.error();
  return images::OwnLimits{*images, *bytes};
}

json::object removal_json(const UserId& user, const std::string& collection, const images::RemovalReport& report) {
  json::object answer{{"user_id", user.str()},
                      {"removed", report.removed},
                      {"purged", report.purged},
                      {"bytes", report.bytes},
                      {"restorable_until", nullptr}};
  if (!collection.empty()) answer["collection"] = collection;
  if (report.restorable_until) answer["restorable_until"] = to_iso8601(*report.restorable_until);
  return answer;
}

}  // namespace

UserRoutes::UserRoutes(images::UserService& users, const images::RetentionRule& rule) : users_(users), rule_(rule) {}

Task<Result<http::Response>> UserRoutes::usage(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  co_return co_await show_usage(std::move(*user));
}

Task<Result<http::Response>> UserRoutes::set_limits(http::Request& request, guard::Caller caller) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  const auto members = co_await read_members(*request.body, limits_body_limit);
  if (!members) co_return members.error();
  auto limits = limits_of(*members);
  if (!limits) co_return limits.error();
  auto set = co_await users_.set_limits(*user, *limits);
  if (!set) co_return set.error();
  co_return co_await show_usage(std::move(*user));
}

Task<Result<http::Response>> UserRoutes::show_usage(UserId user) {
  auto usage = co_await users_.usage(user);
  if (!usage) co_return usage.error();
  co_return http::json_response(200, json::serialize(images::usage_json(user, *usage, rule_)));
}

Task<Result<http::Response>> UserRoutes::remove(http::Request& request, guard::Caller caller) {
  std::string whole_user;
  co_return co_await remove_all(request, std::move(caller), std::move(whole_user));
}

Task<Result<http::Response>> UserRoutes::remove_collection(http::Request& request, guard::Caller caller) {
  auto collection = images::make_collection_slug(request.param("collection"));
  if (!collection) co_return collection.error();
  co_return co_await remove_all(request, std::move(caller), std::move(*collection));
}

Task<Result<http::Response>> UserRoutes::remove_all(http::Request& request, guard::Caller caller,
                                                    std::string collection) {
  auto user = user_for(request.param("user"), caller);
  if (!user) co_return user.error();
  auto purge = query_flag(request, "purge");
  if (!purge) co_return purge.error();
  const auto mode = *purge ? images::RemovalMode::for_good : images::RemovalMode::to_trash;
  auto report = co_await users_.remove_all(*user, collection, mode);
  if (!report) co_return report.error();
  co_return http::json_response(200, json::serialize(removal_json(*user, collection, *report)));
}

}  // namespace lightfast::routes
