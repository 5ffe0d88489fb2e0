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

Result<std::vector<KindTotals>> SqliteCounters::by_kind() const {
  return guarded([&]() -> Result<std::vector<KindTotals>> {
    Statement row(connection_,
                  "SELECT provider, content_type, count(*), sum(file_size) AS bytes FROM hosted_images "
                  "WHERE deleted_at IS NULL GROUP BY provider, content_type ORDER BY bytes DESC, provider, "
                  "content_type");
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
