#include "db/sqlite/sqlite_users.h"

#include <limits>

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

bool fits(const std::optional<std::uint64_t>& limit) {
  return !limit || *limit <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

}  // namespace

std::string_view totals_columns() {
  return "images, bytes, trash_images, trash_bytes, served_bytes, limit_images, limit_bytes";
}

UserTotals read_totals(Statement& row) {
  UserTotals totals;
  totals.images = row.count();
  totals.bytes = row.count();
  totals.trash_images = row.count();
  totals.trash_bytes = row.count();
  totals.served_bytes = row.count();
  totals.limit_images = row.optional_count();
  totals.limit_bytes = row.optional_count();
  return totals;
}

Result<UserTotals> SqliteUsers::totals(const UserId& user) const {
  return guarded([&]() -> Result<UserTotals> {
    Statement row(connection_, "SELECT " + std::string(totals_columns()) + " FROM users WHERE user_id = ?", user);
    return row.next_row() ? read_totals(row) : UserTotals{};
  });
}

Result<std::vector<std::pair<UserId, UserTotals>>> SqliteUsers::largest(std::uint32_t limit) const {
  return guarded([&]() -> Result<std::vector<std::pair<UserId, UserTotals>>> {
    std::vector<std::pair<UserId, UserTotals>> users;
    Statement row(
        connection_,
        "SELECT user_id, " + std::string(totals_columns()) + " FROM users ORDER BY bytes DESC, user_id DESC LIMIT ?",
        limit);
    while (row.next_row()) {
      UserId user = row.user_id();
      users.emplace_back(std::move(user), read_totals(row));
    }
    return users;
  });
}

Result<UserTotals> SqliteUsers::everybody() const {
  return guarded([&]() -> Result<UserTotals> {
    Statement row(connection_,
                  "SELECT sum(images), sum(bytes), sum(trash_images), sum(trash_bytes), sum(served_bytes), NULL, NULL "
                  "FROM users");
    row.next_row();
    return read_totals(row);
  });
}

Result<std::uint64_t> SqliteUsers::count() const {
  return guarded([&]() -> Result<std::uint64_t> {
    Statement row(connection_, "SELECT count(*) FROM users WHERE images > 0");
    row.next_row();
    return row.count();
  });
}

Result<void> SqliteUsers::set_limits(const UserId& user, std::optional<std::uint64_t> images,
                                     std::optional<std::uint64_t> bytes) {
  if (!fits(images) || !fits(bytes)) return Error{Errc::invalid_request, "a limit is larger than 2^63-1"};
  return changing(connection_, [&]() -> Result<void> {
    Statement(connection_,
              "INSERT INTO users (user_id, limit_images, limit_bytes) VALUES (?, ?, ?) ON CONFLICT (user_id) "
              "DO UPDATE SET limit_images = excluded.limit_images, limit_bytes = excluded.limit_bytes",
              user, images, bytes)
        .run();
    return {};
  });
}

}  // namespace lightfast::db::sqlite
