#include "server/admin/key_commands.h"

#include <boost/json.hpp>

#include "base/json_members.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t most_days = 36'500;

Result<guard::NewKey> read_new_key(const json::object& arguments) {
  guard::NewKey wanted;
  auto name = string_member(arguments, "name");
  if (!name) return name.error();
  wanted.name = name->value_or("");
  auto user = string_member(arguments, "user");
  if (!user) return user.error();
  if (*user) {
    auto parsed = UserId::parse(**user);
    if (!parsed) return parsed.error();
    wanted.user = std::move(*parsed);
  }
  auto scope = string_member(arguments, "scope");
  if (!scope) return scope.error();
  auto scopes = guard::Scopes::parse(scope->value_or("read,write"));
  if (!scopes) return scopes.error();
  wanted.scopes = *scopes;
  auto days = integer_member(arguments, "expires_in_days", 1, most_days);
  if (!days) return days.error();
  if (*days) wanted.expires_in = std::chrono::days(**days);
  return wanted;
}

json::value time_or_null(const std::optional<Timestamp>& time) {
  if (!time) return nullptr;
  return json::value(to_iso8601(*time));
}

std::string_view state_of(const db::ApiKeyRecord& key, Timestamp now) {
  if (key.revoked_at) return "revoked";
  return guard::is_living(key, now) ? "active" : "expired";
}

}  // namespace

bool KeyCommands::knows(const std::string& name) const {
  return name == "create_key" || name == "list_keys" || name == "revoke_key";
}

Task<Result<json::value>> KeyCommands::run(std::string name, json::object arguments) {
  if (name == "create_key") co_return co_await create(std::move(arguments));
  if (name == "revoke_key") co_return co_await revoke(std::move(arguments));
  co_return co_await list();
}

Task<Result<json::value>> KeyCommands::create(json::object arguments) {
  auto wanted = read_new_key(arguments);
  if (!wanted) co_return wanted.error();
  auto made = co_await keys_.create(std::move(*wanted));
  if (!made) co_return made.error();
  json::object answer = key_json(made->record);
  answer["key"] = made->key;
  co_return json::value(std::move(answer));
}

Task<Result<json::value>> KeyCommands::list() {
  auto keys = co_await keys_.list();
  if (!keys) co_return keys.error();
  json::array shown;
  for (const auto& key : *keys) shown.push_back(key_json(key));
  co_return json::value{{"keys", std::move(shown)}};
}

Task<Result<json::value>> KeyCommands::revoke(json::object arguments) {
  auto name = string_member(arguments, "name");
  if (!name) co_return name.error();
  auto revoked = co_await keys_.revoke(name->value_or(""));
  if (!revoked) co_return revoked.error();
  co_return json::value(key_json(*revoked));
}

json::object KeyCommands::key_json(const db::ApiKeyRecord& key) const {
  json::object object{{"name", key.name},
                      {"id", key.id},
                      {"user_id", nullptr},
                      {"scope", key.scopes},
                      {"created_at", to_iso8601(key.created_at)},
                      {"expires_at", time_or_null(key.expires_at)},
                      {"last_used_at", time_or_null(key.last_used_at)},
                      {"state", state_of(key, clock_.now())}};
  if (key.user) object["user_id"] = key.user->str();
  return object;
}

}  // namespace lightfast::admin
