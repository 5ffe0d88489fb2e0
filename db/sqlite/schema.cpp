#include "db/sqlite/schema.h"

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

bool has_rows(Connection& connection, std::string_view sql) {
  return Statement(connection, sql).next_row();
}

void run_step(Connection& connection, const Migration& migration, Timestamp now) {
  connection.execute("BEGIN IMMEDIATE");
  connection.execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations ("
      "version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
  connection.execute(std::string(migration.sql));
  Statement(connection, "INSERT INTO schema_migrations (version, name, applied_at) VALUES (?, ?, ?)", migration.version,
            migration.name, now)
      .run();
  connection.execute("COMMIT");
}

}  // namespace

Result<std::vector<AppliedMigration>> SqliteMigrationTarget::applied() {
  return guarded([&]() -> Result<std::vector<AppliedMigration>> {
    std::vector<AppliedMigration> applied;
    if (!has_rows(connection_, "SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'")) {
      if (!has_rows(connection_, "SELECT 1 FROM sqlite_master")) return applied;
      return Error{Errc::conflict, "the file is a database of another program"};
    }
    Statement row(connection_, "SELECT version, name FROM schema_migrations ORDER BY version");
    while (row.next_row()) {
      const int version = static_cast<int>(row.integer());
      applied.push_back({version, row.text()});
    }
    return applied;
  });
}

Result<void> SqliteMigrationTarget::apply(const Migration& migration) {
  auto outcome = guarded([&]() -> Result<void> {
    run_step(connection_, migration, clock_.now());
    return {};
  });
  if (outcome) return outcome;
  connection_.roll_back();
  Error error = outcome.error();
  error.detail = "schema step " + std::to_string(migration.version) + " (" + std::string(migration.name) +
                 ") failed, nothing of it was kept: " + error.detail;
  return error;
}

}  // namespace lightfast::db::sqlite
