#include "server/routes/request_fields.h"

#include <boost/json.hpp>
#include <charconv>

#include "server/images/slug.h"

namespace lightfast::routes {
namespace {

namespace json = boost::json;

constexpr std::size_t max_metadata_bytes = 64 * 1024;
constexpr std::size_t max_text_bytes = 32 * 1024;
constexpr std::int64_t max_expiry_seconds = 100LL * 365 * 86'400;

Error wrong(std::string_view name, std::string_view allowed) {
  return {Errc::invalid_request, "`" + std::string(name) + "` must be " + std::string(allowed)};
}

const json::value* find(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<void> read_text(const json::object& members, std::string_view name, std::string& field) {
  auto text = string_member(members, name);
  if (!text) return text.error();
  if (*text && (*text)->size() > max_text_bytes) return wrong(name, "at most 32768 bytes long");
  if (*text) field = std::move(**text);
  return {};
}

Result<void> read_source(const json::object& members, db::ImageSource& source) {
  for (const auto& [name, field] : {std::pair{"provider", &source.provider},
                                    {"model", &source.model},
                                    {"prompt", &source.prompt},
                                    {"prediction_id", &source.prediction_id},
                                    {"source_url", &source.source_url}}) {
    if (auto read = read_text(members, name, *field); !read) return read;
  }
  return {};
}

Result<void> read_name(const json::object& members, ingest::NewImage& image) {
  db::ImageName name;
  if (auto read = read_text(members, "collection", name.collection); !read) return read;
  if (auto read = read_text(members, "name", name.name); !read) return read;
  if (name.collection.empty() != name.name.empty()) {
    return Error{Errc::invalid_request, "`collection` and `name` come together or not at all"};
  }
  if (name.name.empty()) return {};
  auto collection_slug = images::make_collection_slug(name.collection);
  if (!collection_slug) return collection_slug.error();
  auto name_slug = images::make_name_slug(name.name);
  if (!name_slug) return name_slug.error();
  image.name = db::ImageName{std::move(*collection_slug), std::move(*name_slug)};
  return {};
}

Result<void> read_metadata(const json::object& members, std::string& metadata) {
  const json::value* value = find(members, "metadata");
  if (value == nullptr) return {};
  metadata = json::serialize(*value);
  if (metadata.size() > max_metadata_bytes) return wrong("metadata", "at most 65536 bytes of JSON");
  return {};
}

}  // namespace

Result<json::object> parse_object(std::string_view text) {
  boost::system::error_code problem;
  json::value value = json::parse(text, problem);
  if (problem) return Error{Errc::invalid_request, "the body is not valid JSON: " + problem.message()};
  if (!value.is_object()) return Error{Errc::invalid_request, "the body must be a JSON object"};
  return std::move(value.as_object());
}

Result<std::optional<std::string>> string_member(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return wrong(name, "a string");
  return std::optional<std::string>(std::string(value->as_string()));
}

Result<std::optional<std::int64_t>> integer_member(const json::object& object, std::string_view name,
                                                   std::int64_t least, std::int64_t most) {
  const json::value* value = find(object, name);
  if (value == nullptr) return std::optional<std::int64_t>();
  boost::system::error_code problem;
  const auto number = value->is_number() ? value->to_number<std::int64_t>(problem) : 0;
  if (!value->is_number() || problem || number < least || number > most) {
    return wrong(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return std::optional<std::int64_t>(number);
}

Result<bool> bool_member(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return wrong(name, "true or false");
  return value->as_bool();
}

Result<UserId> user_for(const std::optional<std::string>& given, const guard::Caller& caller) {
  if (!given) return caller.user ? *caller.user : UserId::fallback();
  auto user = UserId::parse(*given);
  if (!user) return user;
  if (auto allowed = guard::require_user(caller, *user); !allowed) return allowed.error();
  return user;
}

Result<ingest::NewImage> new_image(const json::object& members, const guard::Caller& caller) {
  ingest::NewImage image;
  auto user_text = string_member(members, "user_id");
  if (!user_text) return user_text.error();
  auto user = user_for(*user_text, caller);
  if (!user) return user.error();
  image.user = std::move(*user);

  auto visibility = string_member(members, "visibility");
  if (!visibility) return visibility.error();
  if (*visibility) {
    const auto parsed = db::parse_visibility(**visibility);
    if (!parsed) return wrong("visibility", "public or private");
    image.visibility = *parsed;
  }
  auto pinned = bool_member(members, "pinned");
  if (!pinned) return pinned.error();
  image.pinned = *pinned;

  auto expires_in = integer_member(members, "expires_in", 1, max_expiry_seconds);
  if (!expires_in) return expires_in.error();
  if (*expires_in) image.expires_in = std::chrono::seconds(**expires_in);

  if (auto read = read_source(members, image.source); !read) return read.error();
  if (auto read = read_name(members, image); !read) return read.error();
  if (auto read = read_metadata(members, image.metadata); !read) return read.error();
  return image;
}

Result<json::object> members_from_text(const std::vector<std::pair<std::string, std::string>>& fields) {
  json::object members;
  for (const auto& [name, text] : fields) {
    if (members.contains(name)) continue;  // the first counts, as everywhere
    if (name == "pinned") {
      if (text != "true" && text != "false" && text != "1" && text != "0") return wrong(name, "true or false");
      members[name] = text == "true" || text == "1";
    } else if (name == "expires_in") {
      std::int64_t number = 0;
      const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (problem != std::errc() || end != text.data() + text.size()) return wrong(name, "a whole number of seconds");
      members[name] = number;
    } else if (name == "metadata") {
      boost::system::error_code problem;
      members[name] = json::parse(text, problem);
      if (problem) return wrong(name, "JSON");
    } else {
      members[name] = text;
    }
  }
  return members;
}

}  // namespace lightfast::routes
