#include "db/list_cursor.h"

#include <charconv>

#include "base/encoding.h"

namespace lightfast::db {
namespace {

// "n1 1732788000000 img_…": order and side, a format number, key and id.
std::string prefix_of(const ImageQuery& query) {
  static constexpr std::string_view letters = "nols";
  std::string prefix(1, letters[static_cast<std::size_t>(query.order)]);
  prefix += query.deleted ? "t1 " : "l1 ";
  return prefix;
}

std::int64_t milliseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

Error bad_cursor() {
  return {Errc::invalid_request,
          "'cursor' is not one that this list handed out for the same order; start again without it"};
}

}  // namespace

std::int64_t order_key(const ImageQuery& query, const ImageRecord& image) {
  switch (query.order) {
    case ListOrder::largest: return static_cast<std::int64_t>(image.file_size);
    case ListOrder::least_recently_accessed: return milliseconds(image.accessed_at);
    case ListOrder::newest:
    case ListOrder::oldest: break;
  }
  return milliseconds(query.deleted ? image.deleted_at.value_or(Timestamp{}) : image.created_at);
}

std::string encode_cursor(const ImageQuery& query, const ListPosition& position) {
  return to_base64url(prefix_of(query) + std::to_string(position.key) + " " + position.id);
}

Result<ListPosition> decode_cursor(const ImageQuery& query) {
  const auto text = from_base64(query.cursor);
  const std::string prefix = prefix_of(query);
  if (!text || !text->starts_with(prefix)) return bad_cursor();
  ListPosition position;
  const char* const first = text->data() + prefix.size();
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(first, last, position.key);
  if (error != std::errc() || end == last || *end != ' ') return bad_cursor();
  position.id.assign(end + 1, last);
  if (!ImageId::parse(position.id)) return bad_cursor();
  return position;
}

}  // namespace lightfast::db
