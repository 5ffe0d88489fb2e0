#include "server/ingest/new_image_fields.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/json_members.h"
#include "server/images/slug.h"

namespace lightfast::ingest {
namespace {

namespace json = boost::json;

constexpr std::size_t max_metadata_bytes = 64 * 1024;
constexpr int max_metadata_depth = 16;  // it is shown within answers of our own, which parsers follow to 32

Result<void> read_text(const json::object& members, std::string_view name, std::string& field) {
  auto text = string_member(members, name);
  if (!text) return text.error();
  if (*text && (*text)->size() > longest_text) return wrong_member(name, "at most 32768 bytes long");
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

Result<void> read_name(const json::object& members, NewImage& image) {
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

// [] is one level.
bool is_deeper_than(int levels, const json::value& value) {
  const auto is_deep = [levels](const json::value& inner) { return is_deeper_than(levels - 1, inner); };
  if (const auto* list = value.if_array()) return levels == 0 || std::any_of(list->begin(), list->end(), is_deep);
  const auto* object = value.if_object();
  if (object == nullptr) return false;
  return levels == 0 ||
         std::any_of(object->begin(), object->end(), [&](const auto& member) { return is_deep(member.value()); });
}

Result<void> read_metadata(const json::object& members, std::string& metadata) {
  const json::value* value = find_member(members, "metadata");
  if (value == nullptr) return {};
  if (is_deeper_than(max_metadata_depth, *value)) return wrong_member("metadata", "at most 16 levels deep");
  metadata = json::serialize(*value);
  if (metadata.size() > max_metadata_bytes) return wrong_member("metadata", "at most 65536 bytes of JSON");
  return {};
}

}  // namespace

Result<NewImage> read_new_image(const json::object& members, UserId user) {
  NewImage image;
  image.user = std::move(user);

  auto visibility = string_member(members, "visibility");
  if (!visibility) return visibility.error();
  if (*visibility) {
    const auto parsed = db::parse_visibility(**visibility);
    if (!parsed) return wrong_member("visibility", "public or private");
    image.visibility = *parsed;
  }
  auto pinned = bool_member(members, "pinned");
  if (!pinned) return pinned.error();
  image.pinned = *pinned;

  auto expires_in = integer_member(members, "expires_in", 1, longest_expiry_seconds);
  if (!expires_in) return expires_in.error();
  if (*expires_in) image.expires_in = std::chrono::seconds(**expires_in);

  if (auto read = read_source(members, image.source); !read) return read.error();
  if (auto read = read_name(members, image); !read) return read.error();
  if (auto read = read_metadata(members, image.metadata); !read) return read.error();
  return image;
}

json::object new_image_members(const NewImage& image) {
  json::object members{{"user_id", image.user.str()}};
  const auto add_text = [&members](std::string_view name, const std::string& text) {
    if (!text.empty()) members[name] = text;
  };
  if (image.name) {
    members["collection"] = image.name->collection;
    members["name"] = image.name->name;
  }
  if (image.visibility != NewImage().visibility) members["visibility"] = to_string(image.visibility);
  if (image.pinned) members["pinned"] = true;
  if (image.expires_in) members["expires_in"] = image.expires_in->count();
  if (!image.metadata.empty()) members["metadata"] = json::parse(image.metadata);
  add_text("provider", image.source.provider);
  add_text("model", image.source.model);
  add_text("prompt", image.source.prompt);
  add_text("prediction_id", image.source.prediction_id);
  add_text("source_url", image.source.source_url);
  return members;
}

}  // namespace lightfast::ingest
