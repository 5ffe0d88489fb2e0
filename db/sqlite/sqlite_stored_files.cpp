#include "db/sqlite/sqlite_stored_files.h"

namespace lightfast::db::sqlite {
namespace {

StoredFile read_file(Statement& row) {
  ImageId id = row.image_id();
  UserId user = row.user_id();
  StoredFile file{std::move(id), std::move(user)};
  file.file_key = row.text();
  file.file_size = row.count();
  file.file_stamp = row.text();
  const auto digest = Sha256Digest::from_hex(row.text());
  if (!digest) throw SqliteError(Error{Errc::damaged, "image " + file.id.str() + " has no valid sha256"});
  file.sha256 = *digest;
  file.verified_at = row.time();
  file.deleted_at = row.optional_time();
  file.damaged_at = row.optional_time();
  file.purging = row.flag();
  return file;
}

std::string id_of(const std::optional<StoredFile>& file) {
  return file ? file->id.str() : std::string();
}

}  // namespace

template <class... Values>
Result<StoredFiles::Files> SqliteStoredFiles::select(std::string_view rest, std::uint32_t limit,
                                                     const Values&... values) const {
  if (limit < 1 || limit > 1'000) return Error{Errc::invalid_request, "'limit' is not within 1–1000"};
  return guarded([&]() -> Result<Files> {
    Statement row(connection_,
                  "SELECT id, user_id, file_key, file_size, file_stamp, sha256, coalesce(verified_at, created_at), "
                  "deleted_at, damaged_at, purging FROM hosted_images WHERE " +
                      std::string(rest) + " LIMIT ?",
                  values..., limit);
    Files files;
    while (row.next_row()) files.push_back(read_file(row));
    return files;
  });
}

Result<std::optional<StoredFile>> SqliteStoredFiles::find(const ImageId& id) const {
  auto found = select("id = ?", 1, id);
  if (!found) return found.error();
  if (found->empty()) return std::optional<StoredFile>();
  return std::optional(std::move(found->front()));
}

Result<StoredFiles::Files> SqliteStoredFiles::by_id(const std::optional<StoredFile>& after, std::uint32_t limit) const {
  return select("id > ? ORDER BY id", limit, id_of(after));
}

Result<StoredFiles::Files> SqliteStoredFiles::by_file_key(const std::string& after, std::uint32_t limit) const {
  return select("file_key > ? ORDER BY file_key", limit, after);
}

Result<StoredFiles::Files> SqliteStoredFiles::unverified_since(Timestamp before, const std::optional<StoredFile>& after,
                                                               std::uint32_t limit) const {
  constexpr std::string_view first =
      "coalesce(verified_at, created_at) < ? AND damaged_at IS NULL AND purging = 0 "
      "ORDER BY coalesce(verified_at, created_at), id";
  constexpr std::string_view later =
      "(coalesce(verified_at, created_at), id) > (?, ?) AND coalesce(verified_at, created_at) < ? "
      "AND damaged_at IS NULL AND purging = 0 ORDER BY coalesce(verified_at, created_at), id";
  if (!after) return select(first, limit, before);
  return select(later, limit, after->verified_at, after->id, before);
}

Result<StoredFiles::Files> SqliteStoredFiles::damaged(const std::optional<StoredFile>& after,
                                                      std::uint32_t limit) const {
  return select("damaged_at IS NOT NULL AND id > ? ORDER BY id", limit, id_of(after));
}

}  // namespace lightfast::db::sqlite
