#include "db/sqlite/version_names.h"

namespace lightfast::db::sqlite {

std::uint32_t VersionNames::next_version(const UserId& user, const ImageName& name) const {
  Statement row(connection_, "SELECT last_version FROM image_names WHERE user_id = ? AND collection = ? AND name = ?",
                user, name.collection, name.name);
  return row.next_row() ? static_cast<std::uint32_t>(row.integer()) + 1 : 1;
}

std::uint32_t VersionNames::current_version(const UserId& user, const ImageName& name) const {
  Statement row(connection_,
                "SELECT current_version FROM image_names WHERE user_id = ? AND collection = ? AND name = ?", user,
                name.collection, name.name);
  return row.next_row() ? static_cast<std::uint32_t>(row.integer()) : 0;
}

void VersionNames::set_current(const UserId& user, const ImageName& name, std::uint32_t version) {
  Statement(
      connection_,
      "INSERT INTO image_names (user_id, collection, name, last_version, current_version) VALUES (?, ?, ?, ?4, ?4) "
      "ON CONFLICT (user_id, collection, name) DO UPDATE SET "
      "last_version = max(last_version, excluded.last_version), current_version = excluded.current_version",
      user, name.collection, name.name, version)
      .run();
}

}  // namespace lightfast::db::sqlite
