// Brings a schema up to date, step by step, whatever the database underneath: it decides, a MigrationTarget does.
// Runs once, on the thread that opens the database.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/migrations.h"

namespace lightfast::db {

struct AppliedMigration {
  int version = 0;
  std::string name;
};

class MigrationTarget {
 public:
  virtual ~MigrationTarget() = default;
  virtual Result<std::vector<AppliedMigration>> applied() = 0;  // by version; empty in a new database
  // Runs the step and records it in schema_migrations, in one transaction: both or neither.
  virtual Result<void> apply(const Migration& migration) = 0;
};

// Applies what is missing and returns how many steps that were. Errc::conflict, with nothing changed, where the schema
// is newer than `known` or has another history.
Result<std::size_t> migrate(MigrationTarget& target, std::span<const Migration> known);

}  // namespace lightfast::db
