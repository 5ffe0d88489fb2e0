#include "server/routes/request_fields.h"

#include <boost/json.hpp>
#include <charconv>

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

Result<ingest::NewImage> new_image(const json::object& members, const guard::Caller& caller) {
  auto user_text = string_member(members, "user_id");
  if (!user_text) return user_text.error();
  auto user = user_for(*user_text, caller);
  if (!user) return user.error();
  return ingest::read_new_image(members, std::move(*user));
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
