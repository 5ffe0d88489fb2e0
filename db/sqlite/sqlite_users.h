// Users' totals over SQLite; Ledger writes them. Its connection's thread.
#pragma once

#include "db/repositories.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

// What a user's row tells, and how it is read.
std::string_view totals_columns();
UserTotals read_totals(Statement& row);

class SqliteUsers final : public Users {
 public:
  explicit SqliteUsers(Connection& connection) : connection_(connection) {}

  Result<UserTotals> totals(const UserId& user) const override;
  Result<std::vector<std::pair<UserId, UserTotals>>> largest(std::uint32_t limit) const override;
  Result<UserTotals> everybody() const override;
  Result<std::uint64_t> count() const override;
  Result<void> set_limits(const UserId& user, std::optional<std::uint64_t> images,
                          std::optional<std::uint64_t> bytes) override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
