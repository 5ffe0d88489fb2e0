// Retention over SQLite. Its connection's thread.
#pragma once

#include "db/retention.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteRetention final : public Retention {
 public:
  explicit SqliteRetention(Connection& connection) : connection_(connection) {}

  Result<Images> trash(const RetentionQuery& query, Timestamp before) const override;
  Result<Images> aged(const RetentionQuery& query, Timestamp before) const override;
  Result<Images> expired(const RetentionQuery& query, Timestamp now) const override;
  Result<Images> surplus_versions(const RetentionQuery& query, std::uint32_t kept) const override;
  Result<Images> old_versions(const RetentionQuery& query) const override;
  Result<Images> least_recently_accessed(const RetentionQuery& query, Timestamp made_before) const override;
  Result<Images> purging(const RetentionQuery& query) const override;
  Result<std::vector<std::pair<UserId, UserTotals>>> over_limits(const UserLimits& defaults,
                                                                 const std::optional<UserId>& after,
                                                                 std::uint32_t limit) const override;
  Result<std::optional<Timestamp>> newest_time() const override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
