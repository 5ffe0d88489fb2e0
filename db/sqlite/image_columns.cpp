#include "db/sqlite/image_columns.h"

#include <algorithm>

namespace lightfast::db::sqlite {
namespace {

constexpr std::string_view all_but_the_answer =
    "id, user_id, origin, provider, model, prediction_id, file_key, file_size, file_stamp, content_type, width, "
    "height, "
    "sha256, visibility, pinned, collection, name, version, is_current, created_at, renewed_at, accessed_at, "
    "access_count, expires_at, deleted_at, change_seq, prompt, source_url, metadata, damaged_at, details, ";

template <class T>
T require_known(std::optional<T> value, const std::string& id, std::string_view column) {
  if (!value) throw SqliteError(Error{Errc::damaged, "image " + id + " has an unknown " + std::string(column)});
  return *value;
}

}  // namespace

const std::string& image_columns() {
  static const std::string columns = std::string(all_but_the_answer) + "provider_response";
  return columns;
}

const std::string& listed_image_columns() {
  static const std::string columns = std::string(all_but_the_answer) + "NULL";
  return columns;
}

const std::string& image_placeholders() {
  static const std::string placeholders = [] {
    std::string marks = "?";
    for (auto commas = std::count(image_columns().begin(), image_columns().end(), ','); commas > 0; --commas)
      marks += ", ?";
    return marks;
  }();
  return placeholders;
}

void bind_image(Statement& statement, const ImageRecord& image) {
  const ImageSource& source = image.source;
  const std::string_view collection = image.name ? std::string_view(image.name->collection) : "";
  const std::string_view name = image.name ? std::string_view(image.name->name) : "";
  const auto version = image.name ? std::optional(image.version) : std::nullopt;
  statement.bind(image.id, image.user, to_string(image.origin));
  statement.bind(null_if_empty(source.provider), null_if_empty(source.model), null_if_empty(source.prediction_id));
  statement.bind(image.file_key, image.file_size, null_if_empty(image.file_stamp), image.content_type);
  statement.bind(image.width, image.height, image.sha256.hex(), to_string(image.visibility), image.pinned);
  statement.bind(null_if_empty(collection), null_if_empty(name), version, image.is_current);
  statement.bind(image.created_at, image.renewed_at, image.accessed_at, image.access_count);
  statement.bind(image.expires_at, image.deleted_at, image.change_seq);
  statement.bind(null_if_empty(source.prompt), null_if_empty(source.source_url), null_if_empty(image.metadata));
  statement.bind(image.damaged_at, null_if_empty(source.details));
  statement.bind(null_if_empty(source.provider_response));
}

ImageRecord read_image(Statement& row) {
  ImageId id = row.image_id();
  UserId user = row.user_id();
  ImageRecord image{std::move(id), std::move(user)};
  image.origin = require_known(parse_origin(row.text()), image.id.str(), "origin");
  image.source.provider = row.text();
  image.source.model = row.text();
  image.source.prediction_id = row.text();
  image.file_key = row.text();
  image.file_size = row.count();
  image.file_stamp = row.text();
  image.content_type = row.text();
  image.width = static_cast<std::uint32_t>(row.integer());
  image.height = static_cast<std::uint32_t>(row.integer());
  image.sha256 = require_known(Sha256Digest::from_hex(row.text()), image.id.str(), "sha256");
  image.visibility = require_known(parse_visibility(row.text()), image.id.str(), "visibility");
  image.pinned = row.flag();
  ImageName place{row.text(), row.text()};  // braces: left to right
  if (!place.name.empty()) image.name = std::move(place);
  image.version = static_cast<std::uint32_t>(row.integer());
  image.is_current = row.flag();
  image.created_at = row.time();
  image.renewed_at = row.time();
  image.accessed_at = row.time();
  image.access_count = row.count();
  image.expires_at = row.optional_time();
  image.deleted_at = row.optional_time();
  image.change_seq = row.count();
  image.source.prompt = row.text();
  image.source.source_url = row.text();
  image.metadata = row.text();
  image.damaged_at = row.optional_time();
  image.source.details = row.text();
  image.source.provider_response = row.text();
  return image;
}

}  // namespace lightfast::db::sqlite
