// Past cleanups over SQLite. A changing call must run within the writer's transaction. Its connection's thread.
#pragma once

#include "db/cleanup_runs.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteCleanupRuns final : public CleanupRuns {
 public:
  explicit SqliteCleanupRuns(Connection& connection) : connection_(connection) {}

  Result<std::vector<CleanupRun>> latest(std::uint32_t limit) const override;
  Result<std::uint64_t> insert(const CleanupRun& run) override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
