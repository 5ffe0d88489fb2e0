// Collections over SQLite. Its connection's thread.
#pragma once

#include "db/collections.h"
#include "db/sqlite/connection.h"

namespace lightfast::db::sqlite {

class SqliteCollections final : public Collections {
 public:
  explicit SqliteCollections(Connection& connection) : connection_(connection) {}

  Result<CollectionPage> collections(const UserId& user, const std::string& after, std::uint32_t limit) const override;
  Result<std::optional<CollectionSummary>> find(const UserId& user, const std::string& collection) const override;
  Result<NamePage> names(const UserId& user, const std::string& collection, const std::string& after,
                         std::uint32_t limit) const override;
  Result<std::optional<NameSummary>> find_name(const UserId& user, const ImageName& name) const override;
  Result<std::vector<ImageRecord>> versions(const UserId& user, const ImageName& name, std::uint32_t before,
                                            std::uint32_t limit) const override;

 private:
  std::optional<ImageRecord> current_of(const UserId& user, const ImageName& name) const;

  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
