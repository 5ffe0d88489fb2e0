// Settings over SQLite. Its connection's thread.
#pragma once

#include "db/repositories.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteSettings final : public Settings {
 public:
  explicit SqliteSettings(Connection& connection) : connection_(connection) {}

  Result<std::optional<std::string>> find(const std::string& name) const override;
  Result<void> set(const std::string& name, const std::string& value) override;

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
