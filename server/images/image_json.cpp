#include "server/images/image_json.h"

#include <boost/json.hpp>

namespace lightfast::images {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(text);
}

json::value time_or_null(const std::optional<Timestamp>& time) {
  if (!time) return nullptr;
  return json::value(to_iso8601(*time));
}

json::value parsed(const std::string& text) {
  if (text.empty()) return nullptr;
  boost::system::error_code problem;
  json::value value = json::parse(text, problem);
  if (problem) return nullptr;
  return value;
}

void add_source(json::object& object, const db::ImageSource& source) {
  object["provider"] = text_or_null(source.provider);
  object["model"] = text_or_null(source.model);
  object["prediction_id"] = text_or_null(source.prediction_id);
  object["prompt"] = text_or_null(source.prompt);
  object["source_url"] = text_or_null(source.source_url);
  if (auto details = parsed(source.details); details.is_object()) object["generation"] = std::move(details);
  if (source.provider == "replicate") object["replicate_url"] = text_or_null(source.source_url);
}

}  // namespace

json::object image_json(const db::ImageRecord& image, const ImageUrls& urls, const RetentionRule& rule) {
  json::object object;
  object["id"] = image.id.str();
  object["user_id"] = image.user.str();
  object["hosted"] = true;
  object["url"] = urls.image_url(image);
  object["content_type"] = image.content_type;
  object["size_bytes"] = image.file_size;
  object["width"] = image.width;
  object["height"] = image.height;
  object["sha256"] = image.sha256.hex();
  add_source(object, image.source);
  object["visibility"] = to_string(image.visibility);
  object["pinned"] = image.pinned;
  object["hosted_at"] = to_iso8601(image.created_at);
  object["expires_at"] = time_or_null(earliest_removal(image, rule));
  if (image.name) {
    object["collection"] = image.name->collection;
    object["name"] = image.name->name;
    object["version"] = image.version;
    object["named_url"] = urls.named_url(image);
  }
  object["metadata"] = parsed(image.metadata);
  return object;
}

json::object image_details_json(const db::ImageRecord& image, const ImageUrls& urls, const RetentionRule& rule) {
  json::object object = image_json(image, urls, rule);
  if (image.name) object["is_current"] = image.is_current;
  object["accessed_at"] = to_iso8601(image.accessed_at);
  object["access_count"] = image.access_count;
  object["deleted_at"] = time_or_null(image.deleted_at);
  if (image.damaged_at) object["damaged_at"] = to_iso8601(*image.damaged_at);
  return object;
}

}  // namespace lightfast::images
