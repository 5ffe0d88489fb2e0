// The migrations' side of SQLite: which steps a file has seen, and one step in one transaction.
#pragma once

#include "base/clock.h"
#include "db/migrator.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteMigrationTarget final : public MigrationTarget {
 public:
  SqliteMigrationTarget(Connection& connection, const Clock& clock) : connection_(connection), clock_(clock) {}

  // Errc::conflict for a database that has tables but was not made by this program.
  Result<std::vector<AppliedMigration>> applied() override;
  Result<void> apply(const Migration& migration) override;

 private:
  Connection& connection_;
  const Clock& clock_;
};

}  // namespace lightfast::db::sqlite
