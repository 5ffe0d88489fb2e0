#include "db/sqlite/ledger.h"

namespace lightfast::db::sqlite {
namespace {

std::int64_t size_of(const ImageRecord& image) {
  return static_cast<std::int64_t>(image.file_size);
}

}  // namespace

void Ledger::added(const ImageRecord& image) {
  change_totals(image.user, {.images = 1, .bytes = size_of(image)});
  change_kind(image, 1);
  count(image.user, image.created_at, {.added = 1, .added_bytes = image.file_size});
}

void Ledger::removed(const ImageRecord& image, Timestamp now) {
  const std::int64_t size = size_of(image);
  change_totals(image.user, {.images = -1, .bytes = -size, .trash_images = 1, .trash_bytes = size});
  change_kind(image, -1);
  count(image.user, now, {.removed = 1, .removed_bytes = image.file_size});
}

void Ledger::restored(const ImageRecord& image, Timestamp now) {
  const std::int64_t size = size_of(image);
  change_totals(image.user, {.images = 1, .bytes = size, .trash_images = -1, .trash_bytes = -size});
  change_kind(image, 1);
  count(image.user, now, {.added = 1, .added_bytes = image.file_size});
}

void Ledger::purged(const ImageRecord& image) {
  change_totals(image.user, {.trash_images = -1, .trash_bytes = -size_of(image)});
}

void Ledger::served(const UserId& user, Timestamp when, std::uint64_t accesses, std::uint64_t bytes) {
  change_totals(user, {.served_bytes = static_cast<std::int64_t>(bytes)});
  count(user, when, {.served = accesses, .served_bytes = bytes});
}

void Ledger::change_totals(const UserId& user, const Change& change) {
  Statement(connection_, "INSERT INTO users (user_id) VALUES (?) ON CONFLICT DO NOTHING", user).run();
  Statement(connection_,
            "UPDATE users SET images = images + ?, bytes = bytes + ?, trash_images = trash_images + ?, "
            "trash_bytes = trash_bytes + ?, served_bytes = served_bytes + ? WHERE user_id = ?",
            change.images, change.bytes, change.trash_images, change.trash_bytes, change.served_bytes, user)
      .run();
}

void Ledger::change_kind(const ImageRecord& image, std::int64_t images) {
  const std::string& provider = image.source.provider;
  Statement(
      connection_,
      "INSERT INTO kind_totals (provider, content_type, images, bytes) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING",
      provider, image.content_type)
      .run();
  Statement(connection_,
            "UPDATE kind_totals SET images = images + ?, bytes = bytes + ? WHERE provider = ? AND content_type = ?",
            images, images * size_of(image), provider, image.content_type)
      .run();
  if (images < 0) {
    Statement(connection_, "DELETE FROM kind_totals WHERE provider = ? AND content_type = ? AND images = 0", provider,
              image.content_type)
        .run();
  }
}

void Ledger::count(const UserId& user, Timestamp when, const DayCounters& more) {
  Statement(
      connection_,
      "INSERT INTO daily_counters (day, user_id, added, added_bytes, removed, removed_bytes, served, served_bytes) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, user_id) DO UPDATE SET "
      "added = added + excluded.added, added_bytes = added_bytes + excluded.added_bytes, "
      "removed = removed + excluded.removed, removed_bytes = removed_bytes + excluded.removed_bytes, "
      "served = served + excluded.served, served_bytes = served_bytes + excluded.served_bytes",
      to_utc_day(when), user, more.added, more.added_bytes, more.removed, more.removed_bytes, more.served,
      more.served_bytes)
      .run();
}

}  // namespace lightfast::db::sqlite
