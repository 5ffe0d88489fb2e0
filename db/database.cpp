#include "db/database.h"

namespace lightfast::db {

Result<void> Database::require_changeable() const {
  if (health().state != Health::State::damaged) return {};
  return Error{Errc::read_only,
               "the database is damaged: images are served as far as they can be, but nothing is stored, changed or "
               "removed until whoever runs this server has restored it (docs/operations.md)"};
}

}  // namespace lightfast::db
