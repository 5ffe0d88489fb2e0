#include "server/routes/request_fields.h"

#include <boost/json.hpp>
#include <charconv>

#include "server/images/slug.h"
#include "server/ingest/new_image_fields.h"

namespace lightfast::routes {

namespace json = boost::json;

Result<UserId> user_for(const std::optional<std::string>& given, const guard::Caller& caller) {
  if (!given) return caller.user ? *caller.user : UserId::fallback();
  auto user = UserId::parse(*given);
  if (!user) return user;
  if (auto allowed = guard::require_user(caller, *user); !allowed) return allowed.error();
  return user;
}

Result<UserId> member_user(const json::object& members, const guard::Caller& caller) {
  auto user_text = string_member(members, "user_id");
  if (!user_text) return user_text.error();
  return user_for(*user_text, caller);
}

Result<ingest::NewImage> new_image(const json::object& members, const guard::Caller& caller) {
  auto user = member_user(members, caller);
  if (!user) return user.error();
  auto image = ingest::read_new_image(members, std::move(*user));
  if (image) image->source.is_hearsay = caller.user.has_value();
  return image;
}

std::string query_text(const http::Request& request, std::string_view name) {
  const std::string* value = request.query.find(name);
  return value == nullptr ? std::string() : *value;
}

Result<bool> query_flag(const http::Request& request, std::string_view name) {
  const std::string text = query_text(request, name);
  if (text == "true" || text == "1") return true;
  if (text.empty() || text == "false" || text == "0") return false;
  return wrong_member(name, "true or false");
}

Result<std::uint32_t> query_limit(const http::Request& request, std::uint32_t fallback) {
  const std::string text = query_text(request, "limit");
  if (text.empty()) return fallback;
  std::uint32_t limit = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (problem != std::errc() || end != text.data() + text.size() || limit < 1 || limit > 1000) {
    return wrong_member("limit", "a whole number from 1 to 1000");
  }
  return limit;
}

Result<db::ImageName> path_name(const http::Request& request) {
  std::string text = request.param("name");
  for (const auto& [name, value] : request.params) {
    if (name == "rest") text += "/" + value;
  }
  auto collection = images::make_collection_slug(request.param("collection"));
  if (!collection) return collection.error();
  auto name = images::make_name_slug(text);
  if (!name) return name.error();
  return db::ImageName{std::move(*collection), std::move(*name)};
}

Result<json::object> members_from_text(const std::vector<std::pair<std::string, std::string>>& fields) {
  json::object members;
  for (const auto& [name, text] : fields) {
    if (members.contains(name)) continue;  // the first counts, as everywhere
    if (name == "pinned") {
      if (text != "true" && text != "false" && text != "1" && text != "0") return wrong_member(name, "true or false");
      members[name] = text == "true" || text == "1";
    } else if (name == "expires_in") {
      std::int64_t number = 0;
      const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (problem != std::errc() || end != text.data() + text.size())
        return wrong_member(name, "a whole number of seconds");
      members[name] = number;
    } else if (name == "metadata") {
      boost::system::error_code problem;
      members[name] = json::parse(text, problem);
      if (problem) return wrong_member(name, "JSON");
    } else {
      members[name] = text;
    }
  }
  return members;
}

}  // namespace lightfast::routes
