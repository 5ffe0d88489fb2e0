// The numbers of named images (table image_names): which is next, which is current. Runs within the transaction that
// changes the images, on its connection's thread.
#pragma once

#include <cstdint>

#include "db/records.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

class VersionNames {
 public:
  explicit VersionNames(Connection& connection) : connection_(connection) {}

  std::uint32_t next_version(const UserId& user, const ImageName& name) const;  // one more than was ever used
  // The number that is current, or was when it was removed; 0 for a name never used.
  std::uint32_t current_version(const UserId& user, const ImageName& name) const;
  void set_current(const UserId& user, const ImageName& name, std::uint32_t version);

 private:
  Connection& connection_;
};

}  // namespace lightfast::db::sqlite
