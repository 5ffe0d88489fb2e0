#include "db/sqlite/image_list.h"

#include "db/list_cursor.h"
#include "db/sqlite/image_columns.h"

namespace lightfast::db::sqlite {
namespace {

constexpr std::uint32_t largest_page = 1'000;
constexpr std::size_t longest_text = 1'000;

struct Ordering {
  std::string_view column;
  bool descending = false;
};

Ordering ordering_of(const ImageQuery& query) {
  const std::string_view by_time = query.deleted ? "deleted_at" : "created_at";
  switch (query.order) {
    case ListOrder::newest: return {by_time, true};
    case ListOrder::oldest: return {by_time, false};
    case ListOrder::largest: return {"file_size", true};
    case ListOrder::least_recently_accessed: return {"accessed_at", false};
  }
  return {by_time, true};
}

// A pattern that finds `text` itself anywhere: % and _ lose their meaning.
std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

void add_equal(ListStatement& statement, std::string_view column, const std::string& value) {
  if (value.empty()) return;
  statement.sql += " AND " + std::string(column) + " = ?";
  statement.values.emplace_back(value);
}

void add_filters(ListStatement& statement, const ImageQuery& query) {
  if (query.user) add_equal(statement, "user_id", query.user->str());
  add_equal(statement, "collection", query.collection);
  add_equal(statement, "name", query.name);
  add_equal(statement, "provider", query.provider);
  add_equal(statement, "model", query.model);
  add_equal(statement, "prediction_id", query.prediction_id);
  if (query.text.empty()) return;
  statement.sql += " AND (prompt LIKE ? ESCAPE '\\' OR metadata LIKE ? ESCAPE '\\' OR details LIKE ? ESCAPE '\\')";
  statement.values.insert(statement.values.end(), 3, Value(like_pattern(query.text)));
}

}  // namespace

Result<ListStatement> list_statement(const ImageQuery& query) {
  if (query.limit < 1 || query.limit > largest_page)
    return Error{Errc::invalid_request, "'limit' is not within 1–1000"};
  if (query.text.size() > longest_text) return Error{Errc::invalid_request, "'q' is longer than 1000 bytes"};
  const Ordering ordering = ordering_of(query);
  const std::string column(ordering.column);
  const std::string direction = ordering.descending ? " DESC" : "";
  ListStatement statement;
  // The condition stands as the partial indexes have it, or they would not be used.
  statement.sql = "SELECT " + listed_image_columns() + " FROM hosted_images WHERE deleted_at IS " +
                  (query.deleted ? "NOT NULL AND purging = 0" : "NULL");
  add_filters(statement, query);
  if (!query.cursor.empty()) {
    const auto position = decode_cursor(query);
    if (!position) return position.error();
    statement.sql += " AND (" + column + ", id) " + (ordering.descending ? "<" : ">") + " (?, ?)";
    statement.values.emplace_back(position->key);
    statement.values.emplace_back(position->id);
  }
  statement.sql += " ORDER BY " + column + direction + ", id" + direction + " LIMIT ?";
  statement.values.emplace_back(std::int64_t{query.limit} + 1);  // one more tells whether there is a next page
  return statement;
}

Result<ImagePage> list_images(Connection& connection, const ImageQuery& query) {
  const auto asked = list_statement(query);
  if (!asked) return asked.error();
  Statement rows(connection, asked->sql);
  for (const Value& value : asked->values) rows.bind(value);
  ImagePage page;
  while (rows.next_row()) {
    if (page.images.size() == query.limit) {
      const ImageRecord& last = page.images.back();
      page.next_cursor = encode_cursor(query, {order_key(query, last), last.id.str()});
      break;
    }
    page.images.push_back(read_image(rows));
  }
  return page;
}

}  // namespace lightfast::db::sqlite
