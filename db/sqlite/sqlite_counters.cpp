#include "db/sqlite/sqlite_counters.h"

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

Result<std::vector<DayCounters>> SqliteCounters::by_day(const std::optional<UserId>& user, const std::string& first_day,
                                                        const std::string& last_day) const {
  return guarded([&]() -> Result<std::vector<DayCounters>> {
    std::string sql =
        "SELECT day, sum(added), sum(added_bytes), sum(removed), sum(removed_bytes), sum(served), sum(served_bytes) "
        "FROM daily_counters WHERE day BETWEEN ? AND ?";
    if (user) sql += " AND user_id = ?";
    Statement row(connection_, sql + " GROUP BY day ORDER BY day", first_day, last_day);
    if (user) row.bind(*user);
    std::vector<DayCounters> days;
    while (row.next_row()) {
      DayCounters day;
      day.day = row.text();
      day.added = row.count();
      day.added_bytes = row.count();
      day.removed = row.count();
      day.removed_bytes = row.count();
      day.served = row.count();
      day.served_bytes = row.count();
      days.push_back(std::move(day));
    }
    return days;
  });
}

Result<std::optional<std::string>> SqliteCounters::first_day() const {
  return guarded([&]() -> Result<std::optional<std::string>> {
    Statement row(connection_, "SELECT day FROM daily_counters ORDER BY day LIMIT 1");
    if (!row.next_row()) return std::optional<std::string>();
    return std::optional<std::string>(row.text());
  });
}

Result<std::vector<KindTotals>> SqliteCounters::by_kind(std::uint32_t limit) const {
  return guarded([&]() -> Result<std::vector<KindTotals>> {
    Statement row(connection_,
                  "SELECT provider, content_type, images, bytes FROM kind_totals "
                  "ORDER BY bytes DESC, provider DESC, content_type DESC LIMIT ?",
                  limit);
    std::vector<KindTotals> kinds;
    while (row.next_row()) {
      KindTotals kind{row.text(), row.text()};  // braces: left to right
      kind.images = row.count();
      kind.bytes = row.count();
      kinds.push_back(std::move(kind));
    }
    return kinds;
  });
}

}  // namespace lightfast::db::sqlite
