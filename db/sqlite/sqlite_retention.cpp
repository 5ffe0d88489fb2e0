#include "db/sqlite/sqlite_retention.h"

#include "db/sqlite/sqlite_users.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

constexpr std::string_view columns =
    "id, user_id, file_key, file_size, collection, name, version, is_current, pinned, created_at, renewed_at, "
    "accessed_at, expires_at, deleted_at";

RetentionImage read_retention_image(Statement& row) {
  ImageId id = row.image_id();
  UserId user = row.user_id();
  RetentionImage image{std::move(id), std::move(user)};
  image.file_key = row.text();
  image.file_size = row.count();
  ImageName place{row.text(), row.text()};  // braces: left to right
  if (!place.name.empty()) image.name = std::move(place);
  image.version = static_cast<std::uint32_t>(row.integer());
  image.is_current = row.flag();
  image.pinned = row.flag();
  image.created_at = row.time();
  image.renewed_at = row.time();
  image.accessed_at = row.time();
  image.expires_at = row.optional_time();
  image.deleted_at = row.optional_time();
  return image;
}

Value milliseconds(Timestamp time) {
  return std::int64_t{time.time_since_epoch().count()};
}

// One of the lists, put together step by step. The conditions must stand as the partial indexes have them, or those
// would not be used; where few rows match, the index is named, as the planner would rather look through all of a
// user's.
class RetentionStatement {
 public:
  RetentionStatement(const RetentionQuery& query, std::string_view where)
      : query_(query), sql_("SELECT " + std::string(columns) + " FROM hosted_images " + std::string(where)) {
    if (query.user) add(" AND user_id = ?", {query.user->str()});
    if (!query.collection.empty()) add(" AND collection = ?", {query.collection});
  }

  RetentionStatement& add(std::string_view sql, const std::vector<Value>& values) {
    sql_ += sql;
    values_.insert(values_.end(), values.begin(), values.end());
    return *this;
  }

  // A page by `key` and id, from where the one before ended.
  RetentionStatement& by_time(const std::string& key, std::optional<Timestamp> RetentionImage::*time) {
    if (query_.after) start_after(key, milliseconds((*query_.after.*time).value_or(Timestamp{})));
    return order_by(key + ", id");
  }
  RetentionStatement& by_time(const std::string& key, Timestamp RetentionImage::*time) {
    if (query_.after) start_after(key, milliseconds(*query_.after.*time));
    return order_by(key + ", id");
  }
  // The same within each user. Where there is only one, its id is no part of the key, so that the index serves both.
  RetentionStatement& by_user_and_access() {
    if (query_.user) return by_time("accessed_at", &RetentionImage::accessed_at);
    if (query_.after) {
      add(" AND (user_id, accessed_at, id) > (?, ?, ?)",
          {query_.after->user.str(), milliseconds(query_.after->accessed_at), query_.after->id.str()});
    }
    return order_by("user_id, accessed_at, id");
  }
  RetentionStatement& by_id() {
    if (query_.after) add(" AND id > ?", {query_.after->id.str()});
    return order_by("id");
  }

  Result<Retention::Images> read(Connection& connection) const {
    if (query_.limit < 1 || query_.limit > 1'000) return Error{Errc::invalid_request, "'limit' is not within 1–1000"};
    return guarded([&]() -> Result<Retention::Images> {
      Statement row(connection, sql_);
      for (const Value& value : values_) row.bind(value);
      Retention::Images images;
      while (row.next_row()) images.push_back(read_retention_image(row));
      return images;
    });
  }

 private:
  void start_after(const std::string& key, const Value& last) {
    add(" AND (" + key + ", id) > (?, ?)", {last, query_.after->id.str()});
  }
  RetentionStatement& order_by(const std::string& keys) {
    return add(" ORDER BY " + keys + " LIMIT ?", {std::int64_t{query_.limit}});
  }

  const RetentionQuery& query_;
  std::string sql_;
  std::vector<Value> values_;
};

}  // namespace

Result<Retention::Images> SqliteRetention::trash(const RetentionQuery& query, Timestamp before) const {
  return RetentionStatement(query, "WHERE deleted_at IS NOT NULL AND purging = 0")
      .add(" AND deleted_at < ?", {milliseconds(before)})
      .by_time("deleted_at", &RetentionImage::deleted_at)
      .read(connection_);
}

// Renewing only makes an image younger, so the index of when they were made bounds those that are old enough.
Result<Retention::Images> SqliteRetention::aged(const RetentionQuery& query, Timestamp before) const {
  return RetentionStatement(query, "WHERE deleted_at IS NULL AND pinned = 0")
      .add(" AND created_at < ? AND renewed_at < ?", {milliseconds(before), milliseconds(before)})
      .by_time("created_at", &RetentionImage::created_at)
      .read(connection_);
}

Result<Retention::Images> SqliteRetention::expired(const RetentionQuery& query, Timestamp now) const {
  return RetentionStatement(
             query, "INDEXED BY live_by_expiry WHERE deleted_at IS NULL AND expires_at IS NOT NULL AND pinned = 0")
      .add(" AND expires_at <= ?", {milliseconds(now)})
      .by_time("expires_at", &RetentionImage::expires_at)
      .read(connection_);
}

// The newer versions are counted no further than needed.
Result<Retention::Images> SqliteRetention::surplus_versions(const RetentionQuery& query, std::uint32_t kept) const {
  const Value enough = std::int64_t{kept};
  return RetentionStatement(query, "WHERE deleted_at IS NULL AND name IS NOT NULL AND is_current = 0 AND pinned = 0")
      .add(
          " AND (SELECT count(*) FROM (SELECT 1 FROM hosted_images AS newer INDEXED BY hosted_images_version "
          "WHERE newer.user_id = hosted_images.user_id AND newer.collection = hosted_images.collection "
          "AND newer.name = hosted_images.name AND newer.version > hosted_images.version "
          "AND newer.deleted_at IS NULL LIMIT ?)) >= ?",
          {enough, enough})
      .by_user_and_access()
      .read(connection_);
}

Result<Retention::Images> SqliteRetention::old_versions(const RetentionQuery& query) const {
  return RetentionStatement(query, "WHERE deleted_at IS NULL AND name IS NOT NULL AND is_current = 0 AND pinned = 0")
      .by_user_and_access()
      .read(connection_);
}

Result<Retention::Images> SqliteRetention::least_recently_accessed(const RetentionQuery& query,
                                                                   Timestamp made_before) const {
  return RetentionStatement(query, "WHERE deleted_at IS NULL AND pinned = 0")
      .add(" AND +created_at < ?", {milliseconds(made_before)})  // +: not the index to walk
      .by_time("accessed_at", &RetentionImage::accessed_at)
      .read(connection_);
}

Result<Retention::Images> SqliteRetention::purging(const RetentionQuery& query) const {
  return RetentionStatement(query, "INDEXED BY images_purging WHERE purging = 1").by_id().read(connection_);
}

Result<std::vector<std::pair<UserId, UserTotals>>> SqliteRetention::over_limits(const UserLimits& defaults,
                                                                                const std::optional<UserId>& after,
                                                                                std::uint32_t limit) const {
  if (limit < 1 || limit > 1'000) return Error{Errc::invalid_request, "'limit' is not within 1–1000"};
  return guarded([&]() -> Result<std::vector<std::pair<UserId, UserTotals>>> {
    // Nothing is more than NULL, which stands for no limit.
    Statement row(connection_,
                  "SELECT user_id, " + std::string(totals_columns()) +
                      " FROM users WHERE user_id > ? AND (images > nullif(coalesce(limit_images, ?), 0) "
                      "OR bytes > nullif(coalesce(limit_bytes, ?), 0)) ORDER BY user_id LIMIT ?",
                  after ? after->str() : std::string(), defaults.images, defaults.bytes, limit);
    std::vector<std::pair<UserId, UserTotals>> users;
    while (row.next_row()) {
      UserId user = row.user_id();
      users.emplace_back(std::move(user), read_totals(row));
    }
    return users;
  });
}

Result<std::optional<Timestamp>> SqliteRetention::newest_time() const {
  return guarded([&]() -> Result<std::optional<Timestamp>> {
    std::optional<Timestamp> newest;
    for (const char* last : {"SELECT max(created_at) FROM hosted_images WHERE deleted_at IS NULL",
                             "SELECT max(accessed_at) FROM hosted_images WHERE deleted_at IS NULL",
                             "SELECT max(deleted_at) FROM hosted_images WHERE deleted_at IS NOT NULL"}) {
      Statement row(connection_, last);
      row.next_row();
      newest = std::max(newest, row.optional_time());  // nullopt is before every time
    }
    return newest;
  });
}

}  // namespace lightfast::db::sqlite
