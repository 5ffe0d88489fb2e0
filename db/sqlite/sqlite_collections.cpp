#include "db/sqlite/sqlite_collections.h"

#include <limits>

#include "db/sqlite/image_columns.h"

namespace lightfast::db::sqlite {
namespace {

constexpr std::uint32_t largest_page = 1'000;

Error bad_limit() {
  return {Errc::invalid_request, "'limit' is not within 1–1000"};
}

bool fits(std::uint32_t limit) {
  return limit >= 1 && limit <= largest_page;
}

// Walks live_by_name, whose columns are all that is asked for, and stops at the end of the page.
constexpr std::string_view summaries_of =
    "SELECT collection, count(DISTINCT name), count(*), max(created_at) FROM hosted_images "
    "WHERE deleted_at IS NULL AND name IS NOT NULL AND user_id = ? AND collection ";

CollectionSummary read_summary(Statement& row) {
  CollectionSummary summary{row.text()};
  summary.names = row.count();
  summary.images = row.count();
  summary.changed_at = row.time();
  return summary;
}

// One more than the page holds tells whether there is a next one.
template <class Entry>
std::string cut(std::vector<Entry>& entries, std::uint32_t limit, std::string Entry::*name) {
  if (entries.size() <= limit) return {};
  entries.erase(entries.begin() + limit, entries.end());
  return entries.back().*name;
}

}  // namespace

Result<CollectionPage> SqliteCollections::collections(const UserId& user, const std::string& after,
                                                      std::uint32_t limit) const {
  if (!fits(limit)) return bad_limit();
  return guarded([&]() -> Result<CollectionPage> {
    Statement row(connection_, std::string(summaries_of) + "> ? GROUP BY collection ORDER BY collection LIMIT ?", user,
                  after, std::int64_t{limit} + 1);
    CollectionPage page;
    while (row.next_row()) page.collections.push_back(read_summary(row));
    page.next = cut(page.collections, limit, &CollectionSummary::collection);
    return page;
  });
}

Result<std::optional<CollectionSummary>> SqliteCollections::find(const UserId& user,
                                                                 const std::string& collection) const {
  return guarded([&]() -> Result<std::optional<CollectionSummary>> {
    Statement row(connection_, std::string(summaries_of) + "= ? GROUP BY collection", user, collection);
    if (!row.next_row()) return std::nullopt;
    return read_summary(row);
  });
}

Result<NamePage> SqliteCollections::names(const UserId& user, const std::string& collection, const std::string& after,
                                          std::uint32_t limit) const {
  if (!fits(limit)) return bad_limit();
  return guarded([&]() -> Result<NamePage> {
    NamePage page;
    Statement name(connection_,
                   "SELECT name, count(*) FROM hosted_images WHERE deleted_at IS NULL AND name IS NOT NULL "
                   "AND user_id = ? AND collection = ? AND name > ? GROUP BY name ORDER BY name LIMIT ?",
                   user, collection, after, std::int64_t{limit} + 1);
    while (name.next_row()) {
      std::string text = name.text();
      page.names.push_back({std::move(text), name.count()});
    }
    page.next = cut(page.names, limit, &NameSummary::name);
    for (NameSummary& summary : page.names) summary.current = current_of(user, {collection, summary.name});
    return page;
  });
}

std::optional<ImageRecord> SqliteCollections::current_of(const UserId& user, const ImageName& name) const {
  Statement image(connection_,
                  "SELECT " + listed_image_columns() +
                      " FROM hosted_images WHERE user_id = ? AND collection = ? AND name = ? AND is_current = 1",
                  user, name.collection, name.name);
  if (!image.next_row()) return std::nullopt;
  return read_image(image);
}

Result<std::optional<NameSummary>> SqliteCollections::find_name(const UserId& user, const ImageName& name) const {
  return guarded([&]() -> Result<std::optional<NameSummary>> {
    Statement row(connection_,
                  "SELECT count(*) FROM hosted_images WHERE deleted_at IS NULL AND name IS NOT NULL "
                  "AND user_id = ? AND collection = ? AND name = ?",
                  user, name.collection, name.name);
    row.next_row();
    NameSummary summary{name.name, row.count()};
    if (summary.versions == 0) return std::nullopt;
    summary.current = current_of(user, name);
    return summary;
  });
}

Result<std::vector<ImageRecord>> SqliteCollections::versions(const UserId& user, const ImageName& name,
                                                             std::uint32_t before, std::uint32_t limit) const {
  if (!fits(limit)) return bad_limit();
  return guarded([&]() -> Result<std::vector<ImageRecord>> {
    const std::uint32_t below = before == 0 ? std::numeric_limits<std::uint32_t>::max() : before;
    std::vector<ImageRecord> versions;
    Statement row(connection_,
                  "SELECT " + listed_image_columns() +
                      " FROM hosted_images INDEXED BY hosted_images_version WHERE user_id = ? AND collection = ? "
                      "AND name = ? AND version < ? AND deleted_at IS NULL ORDER BY version DESC LIMIT ?",
                  user, name.collection, name.name, below, limit);
    while (row.next_row()) versions.push_back(read_image(row));
    return versions;
  });
}

}  // namespace lightfast::db::sqlite
