// Idempotency keys over SQLite. A changing call must run within the writer's transaction. Its connection's thread.
#pragma once

#include "db/idempotency.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteIdempotencyKeys final : public IdempotencyKeys {
 public:
  explicit SqliteIdempotencyKeys(Connection& connection) : connection_(connection) {}

  Result<std::optional<IdempotencyRecord>> find(const std::string& caller, const std::string& key) const override;
  Result<bool> insert(const IdempotencyRecord& record) override;
  Result<void> finish(const std::string& caller, const std::string& key, int status,
                      const std::string& response) override;
  Result<void> remove(const std::string& caller, const std::string& key) override;
  Result<std::uint64_t> forget_before(Timestamp time) override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
