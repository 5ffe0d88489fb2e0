// Daily counters over SQLite; Ledger writes them. Its connection's thread.
#pragma once

#include "db/repositories.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteCounters final : public Counters {
 public:
  explicit SqliteCounters(Connection& connection) : connection_(connection) {}

  Result<std::vector<DayCounters>> by_day(const std::optional<UserId>& user, const std::string& first_day,
                                          const std::string& last_day) const override;
  Result<std::optional<std::string>> first_day() const override;
  Result<std::vector<KindTotals>> by_kind(std::uint32_t limit) const override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
