// StoredFiles over SQLite. Its connection's thread.
#pragma once

#include <string_view>

#include "db/sqlite/statement.h"
#include "db/stored_files.h"

namespace lightfast::db::sqlite {

class SqliteStoredFiles final : public StoredFiles {
 public:
  explicit SqliteStoredFiles(Connection& connection) : connection_(connection) {}

  Result<std::optional<StoredFile>> find(const ImageId& id) const override;
  Result<Files> by_id(const std::optional<StoredFile>& after, std::uint32_t limit) const override;
  Result<Files> by_file_key(const std::string& after, std::uint32_t limit) const override;
  Result<Files> unverified_since(Timestamp before, const std::optional<StoredFile>& after,
                                 std::uint32_t limit) const override;
  Result<Files> damaged(const std::optional<StoredFile>& after, std::uint32_t limit) const override;

 private:
  template <class... Values>
  Result<Files> select(std::string_view rest, std::uint32_t limit, const Values&... values) const;

  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
