#include "db/migrator.h"

namespace lightfast::db {
namespace {

Error newer_schema(int found, std::size_t known) {
  return {Errc::conflict, "the database has schema version " + std::to_string(found) +
                              ", this program knows versions up to " + std::to_string(known) +
                              ": run the newer program, or restore a backup made with this one"};
}

Error other_history(const AppliedMigration& found, const Migration& expected) {
  return {Errc::conflict, "the database's schema step " + std::to_string(found.version) + " is '" + found.name +
                              "', this program's step " + std::to_string(expected.version) + " is '" +
                              std::string(expected.name) + "': the file belongs to another program"};
}

}  // namespace

Result<std::size_t> migrate(MigrationTarget& target, std::span<const Migration> known) {
  const auto applied = target.applied();
  if (!applied) return applied.error();
  if (applied->size() > known.size()) return newer_schema(applied->back().version, known.size());
  for (std::size_t i = 0; i < applied->size(); ++i) {
    const AppliedMigration& found = (*applied)[i];
    if (found.version > static_cast<int>(known.size())) return newer_schema(found.version, known.size());
    if (found.version != known[i].version || found.name != known[i].name) return other_history(found, known[i]);
  }
  const auto missing = known.subspan(applied->size());
  for (const Migration& migration : missing) {
    const auto done = target.apply(migration);
    if (!done) return done.error();
  }
  return missing.size();
}

}  // namespace lightfast::db
