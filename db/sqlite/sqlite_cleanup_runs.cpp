#include "db/sqlite/sqlite_cleanup_runs.h"

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

constexpr std::int64_t kept_runs = 1'000;

std::map<std::string, CleanupSum> read_sums(Connection& connection, std::uint64_t run) {
  std::map<std::string, CleanupSum> sums;
  Statement row(connection, "SELECT reason, images, bytes FROM cleanup_run_sums WHERE run_id = ?", run);
  while (row.next_row()) {
    CleanupSum& sum = sums[row.text()];
    sum.images = row.count();
    sum.bytes = row.count();
  }
  return sums;
}

}  // namespace

Result<std::vector<CleanupRun>> SqliteCleanupRuns::latest(std::uint32_t limit) const {
  return guarded([&]() -> Result<std::vector<CleanupRun>> {
    std::vector<CleanupRun> runs;
    Statement row(connection_,
                  "SELECT id, started_at, finished_at, trigger, errors, error_detail FROM cleanup_runs "
                  "ORDER BY id DESC LIMIT ?",
                  limit);
    while (row.next_row()) {
      CleanupRun run;
      run.id = row.count();
      run.started_at = row.time();
      run.finished_at = row.time();
      run.trigger = row.text();
      run.errors = row.count();
      run.error_detail = row.text();
      run.taken = read_sums(connection_, run.id);
      runs.push_back(std::move(run));
    }
    return runs;
  });
}

Result<std::uint64_t> SqliteCleanupRuns::insert(const CleanupRun& run) {
  return changing(connection_, [&]() -> Result<std::uint64_t> {
    Statement row(connection_,
                  "INSERT INTO cleanup_runs (started_at, finished_at, trigger, errors, error_detail) "
                  "VALUES (?, ?, ?, ?, ?) RETURNING id",
                  run.started_at, run.finished_at, run.trigger, run.errors, null_if_empty(run.error_detail));
    row.next_row();
    const std::uint64_t id = row.count();
    row.run();
    for (const auto& [reason, sum] : run.taken) {
      Statement(connection_, "INSERT INTO cleanup_run_sums (run_id, reason, images, bytes) VALUES (?, ?, ?, ?)", id,
                reason, sum.images, sum.bytes)
          .run();
    }
    Statement(connection_, "DELETE FROM cleanup_runs WHERE id <= ?", static_cast<std::int64_t>(id) - kept_runs).run();
    return id;
  });
}

}  // namespace lightfast::db::sqlite
