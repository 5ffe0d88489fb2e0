#include "db/sqlite/sqlite_settings.h"

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

Result<std::optional<std::string>> SqliteSettings::find(const std::string& name) const {
  return guarded([&]() -> Result<std::optional<std::string>> {
    Statement row(connection_, "SELECT value FROM settings WHERE name = ?", name);
    if (!row.next_row()) return std::nullopt;
    return row.text();
  });
}

Result<void> SqliteSettings::set(const std::string& name, const std::string& value) {
  return changing(connection_, [&]() -> Result<void> {
    Statement(
        connection_,
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name, value)
        .run();
    return {};
  });
}

}  // namespace lightfast::db::sqlite
