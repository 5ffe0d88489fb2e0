#include "db/sqlite/source_urls.h"

namespace lightfast::db::sqlite {
namespace {

const std::string living = "FROM source_urls s JOIN hosted_images h ON h.id = s.image_id WHERE h.deleted_at IS NULL ";

std::optional<ImageId> one_id(Statement& row) {
  if (!row.next_row()) return std::nullopt;
  return row.image_id();
}

}  // namespace

void SourceUrls::remember(const ImageSource& source, const ImageRecord& image) {
  if (source.source_url.empty()) return;
  Statement(connection_,
            "INSERT INTO source_urls (user_id, url, image_id, first_seq, last_seq, is_hearsay) "
            "VALUES (?1, ?2, ?3, ?4, ?4, ?5) ON CONFLICT DO UPDATE SET last_seq = ?4, "
            "first_seq = iif(is_hearsay > ?5, ?4, first_seq), is_hearsay = min(is_hearsay, ?5)",
            image.user, source.source_url, image.id, image.change_seq, source.is_hearsay)
      .run();
}

void SourceUrls::forget(const ImageId& image) {
  Statement(connection_, "DELETE FROM source_urls WHERE image_id = ?", image).run();
}

std::optional<ImageId> SourceUrls::find_last(const std::optional<UserId>& user, const std::string& url) const {
  const std::optional<UserId> owner = user ? user : first_owner_of(url);
  if (!owner) return std::nullopt;
  Statement row(connection_,
                "SELECT s.image_id " + living +
                    "AND s.user_id = ? AND s.url = ? ORDER BY s.last_seq DESC, s.image_id DESC LIMIT 1",
                *owner, url);
  return one_id(row);
}

std::optional<UserId> SourceUrls::first_owner_of(const std::string& url) const {
  Statement row(
      connection_,
      "SELECT s.user_id " + living + "AND s.url = ? AND s.is_hearsay = 0 ORDER BY s.first_seq, s.image_id LIMIT 1",
      url);
  if (!row.next_row()) return std::nullopt;
  return row.user_id();
}

std::optional<ImageId> SourceUrls::find_first_public(const std::optional<UserId>& user, const std::string& url) const {
  const std::string whose = user ? "s.user_id = ?3" : "s.is_hearsay = 0";
  Statement row(connection_, "SELECT s.image_id " + living + "AND s.url = ? AND h.visibility = ? AND " + whose +
                                 " ORDER BY s.first_seq, s.image_id LIMIT 1");
  row.bind(url, to_string(Visibility::public_));
  if (user) row.bind(*user);
  return one_id(row);
}

// '@' is the byte behind '?'. Of one URL its last image counts.
std::optional<ImageId> SourceUrls::find_by_path(const std::optional<UserId>& user,
                                                const std::string& before_query) const {
  const std::string whose = user ? "s.user_id = ?3" : "s.is_hearsay = 0";
  Statement row(connection_, "SELECT DISTINCT s.image_id FROM source_urls s WHERE s.url >= ?1 AND s.url < ?2 AND " +
                                 whose +
                                 " AND NOT EXISTS (SELECT 1 FROM source_urls later WHERE later.user_id = s.user_id AND "
                                 "later.url = s.url AND later.last_seq > s.last_seq) LIMIT 2");
  row.bind(before_query + '?', before_query + '@');
  if (user) row.bind(*user);
  const auto id = one_id(row);
  if (id && row.next_row()) return std::nullopt;
  return id;
}

}  // namespace lightfast::db::sqlite
