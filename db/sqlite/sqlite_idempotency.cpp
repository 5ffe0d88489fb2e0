#include "db/sqlite/sqlite_idempotency.h"

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

Result<std::optional<IdempotencyRecord>> SqliteIdempotencyKeys::find(const std::string& caller,
                                                                     const std::string& key) const {
  return guarded([&]() -> Result<std::optional<IdempotencyRecord>> {
    Statement row(connection_,
                  "SELECT request_hash, job_id, status, created_at, response FROM idempotency_keys "
                  "WHERE caller = ? AND key = ?",
                  caller, key);
    if (!row.next_row()) return std::nullopt;
    IdempotencyRecord record{caller, key};
    record.request_hash = row.text();
    record.job_id = row.text();
    record.status = static_cast<int>(row.integer());
    record.created_at = row.time();
    record.response = row.text();
    return record;
  });
}

Result<bool> SqliteIdempotencyKeys::insert(const IdempotencyRecord& record) {
  return changing(connection_, [&]() -> Result<bool> {
    Statement row(connection_,
                  "INSERT INTO idempotency_keys (caller, key, request_hash, job_id, status, created_at, response) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (caller, key) DO NOTHING RETURNING 1",
                  record.caller, record.key, record.request_hash, null_if_empty(record.job_id), record.status,
                  record.created_at, null_if_empty(record.response));
    const bool inserted = row.next_row();
    if (inserted) row.run();
    return inserted;
  });
}

Result<void> SqliteIdempotencyKeys::finish(const std::string& caller, const std::string& key, int status,
                                           const std::string& response) {
  return changing(connection_, [&]() -> Result<void> {
    Statement row(connection_,
                  "UPDATE idempotency_keys SET status = ?, response = ? WHERE caller = ? AND key = ? RETURNING 1",
                  status, null_if_empty(response), caller, key);
    if (!row.next_row()) return Error{Errc::not_found, "there is no such idempotency key"};
    row.run();
    return {};
  });
}

Result<void> SqliteIdempotencyKeys::remove(const std::string& caller, const std::string& key) {
  return changing(connection_, [&]() -> Result<void> {
    Statement(connection_, "DELETE FROM idempotency_keys WHERE caller = ? AND key = ?", caller, key).run();
    return {};
  });
}

Result<std::uint64_t> SqliteIdempotencyKeys::forget_before(Timestamp time) {
  return changing(connection_, [&]() -> Result<std::uint64_t> {
    Statement row(connection_,
                  "DELETE FROM idempotency_keys WHERE rowid IN (SELECT rowid FROM idempotency_keys "
                  "WHERE created_at < ? ORDER BY created_at LIMIT 1000) RETURNING 1",
                  time);
    std::uint64_t forgotten = 0;
    while (row.next_row()) ++forgotten;
    return forgotten;
  });
}

}  // namespace lightfast::db::sqlite
