// Keys over SQLite. A changing call must run within the writer's transaction. Its connection's thread.
#pragma once

#include "db/api_keys.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteApiKeys final : public ApiKeys {
 public:
  explicit SqliteApiKeys(Connection& connection) : connection_(connection) {}

  Result<std::vector<ApiKeyRecord>> list() const override;
  Result<void> insert(const ApiKeyRecord& key) override;
  Result<ApiKeyRecord> revoke(const std::string& name_or_id, Timestamp now) override;
  Result<void> record_uses(const std::vector<ApiKeyUse>& uses) override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
