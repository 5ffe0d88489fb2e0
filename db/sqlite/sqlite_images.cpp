#include "db/sqlite/sqlite_images.h"

#include <algorithm>
#include <map>

#include "db/sqlite/image_columns.h"
#include "db/sqlite/image_list.h"

namespace lightfast::db::sqlite {
namespace {

Error no_such_image() {
  return {Errc::not_found, "there is no such image"};
}

}  // namespace

template <class... Values>
std::optional<ImageRecord> SqliteImages::select_one(std::string_view where, const Values&... values) const {
  Statement row(connection_, "SELECT " + image_columns() + " FROM hosted_images WHERE " + std::string(where),
                values...);
  if (!row.next_row()) return std::nullopt;
  return read_image(row);
}

template <class... Values>
Result<void> SqliteImages::update_one(std::string_view set, const Values&... values) {
  return changing(connection_, [&]() -> Result<void> {
    Statement row(connection_, "UPDATE hosted_images SET " + std::string(set) + " WHERE id = ? RETURNING 1", values...);
    if (!row.next_row()) return no_such_image();
    row.run();
    return {};
  });
}

ImageRecord SqliteImages::get(const ImageId& id) const {
  auto image = select_one("id = ?", id);
  if (!image) throw SqliteError(no_such_image());
  return std::move(*image);
}

std::uint64_t SqliteImages::next_change_seq() {
  Statement row(connection_, "UPDATE sequences SET last = last + 1 WHERE name = 'change' RETURNING last");
  row.next_row();
  const std::uint64_t next = row.count();
  row.run();
  return next;
}

Result<std::optional<ImageRecord>> SqliteImages::find(const ImageId& id) const {
  return guarded([&]() -> Result<std::optional<ImageRecord>> { return select_one("id = ?", id); });
}

Result<std::optional<ImageRecord>> SqliteImages::find_aliased(const ImageId& id) const {
  return guarded([&]() -> Result<std::optional<ImageRecord>> {
    auto image = select_one("id = ?", id);
    if (image) return image;
    return select_one("id = (SELECT image_id FROM image_aliases WHERE alias = ?)", id);
  });
}

std::optional<ImageRecord> SqliteImages::select_living(const std::optional<ImageId>& id) const {
  if (!id) return std::nullopt;
  return select_one("id = ? AND deleted_at IS NULL", *id);
}

Result<std::optional<ImageRecord>> SqliteImages::find_by_source(const std::optional<UserId>& user,
                                                                const std::string& source_url) const {
  return guarded(
      [&]() -> Result<std::optional<ImageRecord>> { return select_living(sources_.find_last(user, source_url)); });
}

Result<std::optional<ImageRecord>> SqliteImages::find_public_by_source(const std::optional<UserId>& user,
                                                                       const std::string& source_url) const {
  return guarded([&]() -> Result<std::optional<ImageRecord>> {
    return select_living(sources_.find_first_public(user, source_url));
  });
}

Result<std::optional<ImageRecord>> SqliteImages::find_by_source_path(const std::optional<UserId>& user,
                                                                     const std::string& before_query) const {
  return guarded(
      [&]() -> Result<std::optional<ImageRecord>> { return select_living(sources_.find_by_path(user, before_query)); });
}

Result<std::optional<ImageRecord>> SqliteImages::find_current(const UserId& user, const ImageName& name) const {
  return guarded([&]() -> Result<std::optional<ImageRecord>> {
    return select_one("user_id = ? AND collection = ? AND name = ? AND is_current = 1", user, name.collection,
                      name.name);
  });
}

Result<std::optional<ImageRecord>> SqliteImages::find_version(const UserId& user, const ImageName& name,
                                                              std::uint32_t version) const {
  return guarded([&]() -> Result<std::optional<ImageRecord>> {
    return select_one("user_id = ? AND collection = ? AND name = ? AND version = ? AND deleted_at IS NULL", user,
                      name.collection, name.name, version);
  });
}

Result<ImagePage> SqliteImages::list(const ImageQuery& query) const {
  return guarded([&] { return list_images(connection_, query); });
}

Result<std::vector<ImageChange>> SqliteImages::changes_since(const UserId& user, std::uint64_t change_seq,
                                                             std::uint32_t limit) const {
  return guarded([&]() -> Result<std::vector<ImageChange>> {
    std::vector<ImageChange> changes;
    Statement images(connection_,
                     "SELECT " + listed_image_columns() +
                         " FROM hosted_images WHERE user_id = ? AND change_seq > ? ORDER BY change_seq LIMIT ?",
                     user, change_seq, limit);
    while (images.next_row()) {
      ImageRecord image = read_image(images);
      ImageChange change{image.change_seq, image.id, image.deleted_at.has_value()};
      if (!change.removed) change.image = std::move(image);
      changes.push_back(std::move(change));
    }
    Statement tombstones(connection_,
                         "SELECT change_seq, id FROM image_tombstones WHERE user_id = ? AND change_seq > ? "
                         "ORDER BY change_seq LIMIT ?",
                         user, change_seq, limit);
    while (tombstones.next_row()) {
      const std::uint64_t seq = tombstones.count();
      changes.push_back({seq, tombstones.image_id(), true});
    }
    std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.change_seq < b.change_seq; });
    if (changes.size() > limit) changes.erase(changes.begin() + limit, changes.end());
    return changes;
  });
}

Result<std::vector<std::string>> SqliteImages::file_keys_of(const std::vector<std::string>& candidates) const {
  return guarded([&]() -> Result<std::vector<std::string>> {
    std::vector<std::string> known;
    for (const std::string& key : candidates) {
      Statement row(connection_, "SELECT 1 FROM hosted_images WHERE file_key = ?", key);
      if (row.next_row()) known.push_back(key);
    }
    return known;
  });
}

Result<bool> SqliteImages::any_private() const {
  return guarded([&]() -> Result<bool> {
    Statement row(connection_, "SELECT 1 FROM hosted_images WHERE visibility = ? LIMIT 1",
                  to_string(Visibility::private_));
    return row.next_row();
  });
}

Result<Images::Inserted> SqliteImages::insert(const ImageRecord& image) {
  return changing(connection_, [&]() -> Result<Inserted> {
    ImageRecord stored = image;
    stored.version = image.name ? names_.next_version(image.user, *image.name) : 0;
    stored.is_current = false;
    stored.deleted_at.reset();
    stored.renewed_at = std::max(image.renewed_at, image.created_at);
    stored.accessed_at = std::max(image.accessed_at, image.created_at);  // never read counts as read when it came
    stored.change_seq = next_change_seq();
    if (!insert_unless_same_bytes(stored)) {
      Inserted existing{renew_same_bytes(stored), true};
      sources_.remember(image.source, existing.image);
      return existing;
    }
    sources_.remember(image.source, stored);
    ledger_.added(stored);
    if (stored.name) {
      make_current(stored);
      stored.is_current = true;
    }
    return Inserted{std::move(stored), false};
  });
}

bool SqliteImages::insert_unless_same_bytes(const ImageRecord& image) {
  static const std::string sql =
      "INSERT INTO hosted_images (" + image_columns() + ") VALUES (" + image_placeholders() +
      ") ON CONFLICT (user_id, visibility, coalesce(collection, ''), coalesce(name, ''), sha256) "
      "WHERE deleted_at IS NULL AND origin <> 'generate' DO NOTHING RETURNING id";
  Statement statement(connection_, sql);
  bind_image(statement, image);
  const bool inserted = statement.next_row();
  if (inserted) statement.run();
  return inserted;
}

// What either caller was promised holds: pinned if one of them pinned it, expiring at the later of the two times.
ImageRecord SqliteImages::renew_same_bytes(const ImageRecord& image) {
  const std::string_view collection = image.name ? std::string_view(image.name->collection) : "";
  const std::string_view name = image.name ? std::string_view(image.name->name) : "";
  const auto existing = select_one(
      "user_id = ? AND visibility = ? AND coalesce(collection, '') = ? AND coalesce(name, '') = ? AND sha256 = ? "
      "AND deleted_at IS NULL AND origin <> 'generate'",
      image.user, to_string(image.visibility), collection, name, image.sha256.hex());
  if (!existing) throw SqliteError(Error{Errc::internal, "the image that has the same bytes was not found"});
  Statement(connection_,
            "UPDATE hosted_images SET renewed_at = max(renewed_at, ?), pinned = max(pinned, ?), "
            "expires_at = max(expires_at, ?), "  // max() of NULL, which is never, is NULL
            "change_seq = ? WHERE id = ?",
            image.created_at, image.pinned, image.expires_at, image.change_seq, existing->id)
      .run();
  if (existing->name && !existing->is_current) make_current(*existing);
  return get(existing->id);
}

// The other version's devices learn that it is current no longer: its change_seq moves too.
void SqliteImages::make_current(const ImageRecord& image) {
  Statement(connection_,
            "UPDATE hosted_images SET is_current = 0, change_seq = ? "
            "WHERE user_id = ? AND collection = ? AND name = ? AND is_current = 1",
            next_change_seq(), image.user, image.name->collection, image.name->name)
      .run();
  Statement(connection_, "UPDATE hosted_images SET is_current = 1 WHERE id = ?", image.id).run();
  names_.set_current(image.user, *image.name, image.version);
}

Result<void> SqliteImages::add_alias(const ImageId& alias, const ImageId& image) {
  return changing(connection_, [&]() -> Result<void> {
    Statement(connection_, "INSERT OR REPLACE INTO image_aliases (alias, image_id) VALUES (?, ?)", alias, image).run();
    return {};
  });
}

Result<ImageRecord> SqliteImages::remove(const ImageId& id, Timestamp now) {
  return changing(connection_, [&]() -> Result<ImageRecord> {
    Statement row(connection_,
                  "UPDATE hosted_images SET deleted_at = ?, is_current = 0, change_seq = ? "
                  "WHERE id = ? AND deleted_at IS NULL RETURNING " +
                      image_columns(),
                  now, next_change_seq(), id);
    if (!row.next_row()) return no_such_image();
    ImageRecord image = read_image(row);
    row.run();
    ledger_.removed(image, now);
    withdrawn_.push_back(id);
    return image;
  });
}

Result<ImageRecord> SqliteImages::restore(const ImageId& id, Timestamp now) {
  return changing(connection_, [&]() -> Result<ImageRecord> {
    const auto image = select_one("id = ? AND deleted_at IS NOT NULL AND purging = 0", id);
    if (!image) return Error{Errc::not_found, "there is no such image in the trash"};
    // The index of living bytes decides, so a conflict shows before anything else is changed.
    Statement statement(connection_,
                        "UPDATE OR IGNORE hosted_images SET deleted_at = NULL, change_seq = ? WHERE id = ? RETURNING 1",
                        next_change_seq(), id);
    if (!statement.next_row()) {
      return Error{Errc::conflict, "the same image was stored again after this one was removed: use that one"};
    }
    statement.run();
    ledger_.restored(*image, now);
    if (image->name && names_.current_version(image->user, *image->name) == image->version) make_current(*image);
    return get(id);
  });
}

Result<std::vector<ImageRecord>> SqliteImages::remove_some(const UserId& user, const std::string& collection,
                                                           Timestamp now, std::uint32_t limit) {
  if (limit < 1 || limit > 1'000) return Error{Errc::invalid_request, "'limit' is not within 1–1000"};
  return changing(connection_, [&]() -> Result<std::vector<ImageRecord>> {
    std::vector<ImageId> ids;
    {
      const std::string rest = collection.empty() ? "" : " AND collection = ?";
      Statement row(connection_,
                    "SELECT id FROM hosted_images WHERE deleted_at IS NULL AND user_id = ?" + rest +
                        " ORDER BY created_at, id LIMIT ?",
                    user);
      if (!collection.empty()) row.bind(collection);
      row.bind(limit);
      while (row.next_row()) ids.push_back(row.image_id());
    }
    std::vector<ImageRecord> removed;
    for (const ImageId& id : ids) {
      auto image = remove(id, now);
      if (!image) return image.error();
      removed.push_back(std::move(*image));
    }
    return removed;
  });
}

Result<ImageRecord> SqliteImages::begin_purge(const ImageId& id, Timestamp now) {
  return changing(connection_, [&]() -> Result<ImageRecord> {
    const auto image = select_one("id = ?", id);
    if (!image) return no_such_image();
    if (!image->deleted_at) {
      const auto removed = remove(id, now);
      if (!removed) return removed.error();
    }
    Statement(connection_, "UPDATE hosted_images SET purging = 1 WHERE id = ?", id).run();
    withdrawn_.push_back(id);
    return get(id);
  });
}

Result<void> SqliteImages::purge(const ImageId& id) {
  return changing(connection_, [&]() -> Result<void> {
    const auto image = select_one("id = ?", id);
    if (!image) return no_such_image();
    if (!image->deleted_at) return Error{Errc::conflict, "the image is not in the trash: remove it first"};
    Statement(connection_, "INSERT INTO image_tombstones (user_id, change_seq, id, deleted_at) VALUES (?, ?, ?, ?)",
              image->user, image->change_seq, id, image->deleted_at)
        .run();
    Statement(connection_, "DELETE FROM hosted_images WHERE id = ?", id).run();
    sources_.forget(id);
    Statement(connection_, "DELETE FROM image_aliases WHERE image_id = ?", id).run();
    ledger_.purged(*image);
    return {};
  });
}

Result<ImageRecord> SqliteImages::set_pinned(const ImageId& id, bool pinned) {
  return changing(connection_, [&]() -> Result<ImageRecord> {
    const auto image = select_one("id = ? AND deleted_at IS NULL", id);
    if (!image) return no_such_image();
    if (image->pinned == pinned) return *image;
    Statement(connection_, "UPDATE hosted_images SET pinned = ?, change_seq = ? WHERE id = ?", pinned,
              next_change_seq(), id)
        .run();
    return get(id);
  });
}

Result<ImageRecord> SqliteImages::set_current(const UserId& user, const ImageName& name, std::uint32_t version) {
  return changing(connection_, [&]() -> Result<ImageRecord> {
    const auto image = select_one("user_id = ? AND collection = ? AND name = ? AND version = ? AND deleted_at IS NULL",
                                  user, name.collection, name.name, version);
    if (!image) return Error{Errc::not_found, "there is no such version"};
    if (image->is_current) return *image;
    make_current(*image);
    Statement(connection_, "UPDATE hosted_images SET change_seq = ? WHERE id = ?", next_change_seq(), image->id).run();
    return get(image->id);
  });
}

Result<void> SqliteImages::set_verified(const ImageId& id, const std::string& stamp, Timestamp now) {
  return update_one("file_stamp = ?, verified_at = ?, damaged_at = NULL", null_if_empty(stamp), now, id);
}

Result<void> SqliteImages::set_damaged(const ImageId& id, Timestamp now) {
  withdrawn_.push_back(id);
  return update_one("file_stamp = NULL, damaged_at = coalesce(damaged_at, ?)", now, id);
}

Result<std::uint64_t> SqliteImages::date_anew(Timestamp before, Timestamp now, std::uint32_t limit) {
  return changing(connection_, [&]() -> Result<std::uint64_t> {
    std::uint64_t images = 0;
    Statement living(connection_,
                     "UPDATE hosted_images SET renewed_at = ?1, accessed_at = max(accessed_at, ?1), "
                     "expires_at = expires_at + (?1 - created_at) WHERE id IN (SELECT id FROM hosted_images "
                     "WHERE deleted_at IS NULL AND created_at < ?2 AND renewed_at < ?2 LIMIT ?3) RETURNING 1",
                     now, before, limit);
    while (living.next_row()) ++images;
    Statement removed(connection_,
                      "UPDATE hosted_images SET deleted_at = ? WHERE id IN (SELECT id FROM hosted_images "
                      "WHERE deleted_at IS NOT NULL AND deleted_at < ? LIMIT ?) RETURNING 1",
                      now, before, limit);
    while (removed.next_row()) ++images;
    return images;
  });
}

Result<void> SqliteImages::record_accesses(const std::vector<Access>& accesses) {
  return changing(connection_, [&]() -> Result<void> {
    // By user and day: the images of one batch have far fewer of these than there are images.
    std::map<std::pair<UserId, std::string>, Access> sums;
    for (const Access& access : accesses) {
      Statement row(connection_,
                    "UPDATE hosted_images SET accessed_at = max(accessed_at, ?), access_count = access_count + ? "
                    "WHERE id = ? RETURNING user_id",
                    access.last, access.count, access.id);
      if (!row.next_row()) continue;  // purged meanwhile
      UserId user = row.user_id();
      row.run();
      Access& sum = sums.try_emplace({std::move(user), to_utc_day(access.last)}, Access{access.id}).first->second;
      sum.last = access.last;
      sum.count += access.count;
      sum.bytes += access.bytes;
    }
    for (const auto& [key, sum] : sums) ledger_.served(key.first, sum.last, sum.count, sum.bytes);
    return {};
  });
}

}  // namespace lightfast::db::sqlite
