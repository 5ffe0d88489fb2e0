#include "tests/lifecycle/model_records.h"

#include <algorithm>

namespace lightfast::test {
namespace {

db::RetentionImage to_retention(const db::ImageRecord& image) {
  return {image.id,          image.user,       image.file_key,  image.file_size,  image.name,
          image.version,     image.is_current, image.pinned,    image.created_at, image.renewed_at,
          image.accessed_at, image.expires_at, image.deleted_at};
}

bool lives_unpinned(const db::RetentionImage& image) {
  return !image.deleted_at && !image.pinned;
}

}  // namespace

db::UserTotals ModelRecords::totals(const UserId& user) const {
  db::UserTotals totals;
  for (const auto& image : records) {
    if (image.user != user) continue;
    (image.deleted_at ? totals.trash_images : totals.images) += 1;
    (image.deleted_at ? totals.trash_bytes : totals.bytes) += image.file_size;
  }
  if (const auto own = own_limits.find(user); own != own_limits.end()) {
    totals.limit_images = own->second.images;
    totals.limit_bytes = own->second.bytes;
  }
  return totals;
}

std::uint64_t ModelRecords::stored_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& image : records) bytes += image.file_size;
  return bytes;
}

template <class Wanted, class Order>
ModelRecords::Images ModelRecords::page(const db::RetentionQuery& query, Wanted wanted, Order order) const {
  std::vector<std::pair<Key, db::RetentionImage>> found;
  for (const auto& record : records) {
    const db::RetentionImage image = to_retention(record);
    if (query.user && image.user != *query.user) continue;
    if (!query.collection.empty() && (!image.name || image.name->collection != query.collection)) continue;
    if (!wanted(image) || (query.after && !(order(*query.after) < order(image)))) continue;
    found.emplace_back(order(image), image);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Images images;
  for (auto& [key, image] : found) {
    if (images.size() < query.limit) images.push_back(std::move(image));
  }
  return images;
}

Result<ModelRecords::Images> ModelRecords::trash(const db::RetentionQuery& query, Timestamp before) const {
  return page(
      query, [&](const auto& image) { return image.deleted_at && *image.deleted_at < before; },
      [](const auto& image) { return Key("", *image.deleted_at, image.id.str()); });
}

Result<ModelRecords::Images> ModelRecords::aged(const db::RetentionQuery& query, Timestamp before) const {
  return page(
      query, [&](const auto& image) { return lives_unpinned(image) && image.renewed_at < before; },
      [](const auto& image) { return Key("", image.created_at, image.id.str()); });
}

Result<ModelRecords::Images> ModelRecords::expired(const db::RetentionQuery& query, Timestamp now) const {
  return page(
      query, [&](const auto& image) { return lives_unpinned(image) && image.expires_at && *image.expires_at <= now; },
      [](const auto& image) { return Key("", *image.expires_at, image.id.str()); });
}

Result<ModelRecords::Images> ModelRecords::surplus_versions(const db::RetentionQuery& query, std::uint32_t kept) const {
  const auto is_surplus = [&](const db::RetentionImage& image) {
    if (!lives_unpinned(image) || !image.name || image.is_current) return false;
    const auto newer = versions(image.user, *image.name, 0, 1'000'000);
    return std::count_if(newer->begin(), newer->end(), [&](const auto& v) { return v.version > image.version; }) >=
           kept;
  };
  return page(query, is_surplus,
              [](const auto& image) { return Key(image.user.str(), image.accessed_at, image.id.str()); });
}

Result<ModelRecords::Images> ModelRecords::old_versions(const db::RetentionQuery& query) const {
  return page(
      query, [](const auto& image) { return lives_unpinned(image) && image.name && !image.is_current; },
      [](const auto& image) { return Key(image.user.str(), image.accessed_at, image.id.str()); });
}

Result<ModelRecords::Images> ModelRecords::least_recently_accessed(const db::RetentionQuery& query,
                                                                   Timestamp made_before) const {
  return page(
      query, [&](const auto& image) { return lives_unpinned(image) && image.created_at < made_before; },
      [](const auto& image) { return Key("", image.accessed_at, image.id.str()); });
}

Result<std::vector<std::pair<UserId, db::UserTotals>>> ModelRecords::over_limits(const db::UserLimits& defaults,
                                                                                 const std::optional<UserId>& after,
                                                                                 std::uint32_t limit) const {
  std::map<UserId, db::UserTotals> over;
  for (const auto& image : records) {
    const db::UserTotals sums = totals(image.user);
    const auto images = sums.limit_images.value_or(defaults.images);
    const auto bytes = sums.limit_bytes.value_or(defaults.bytes);
    if ((images > 0 && sums.images > images) || (bytes > 0 && sums.bytes > bytes)) over.emplace(image.user, sums);
  }
  std::vector<std::pair<UserId, db::UserTotals>> page;
  for (const auto& entry : over) {
    if ((!after || *after < entry.first) && page.size() < limit) page.push_back(entry);
  }
  return page;
}

Result<std::vector<db::ImageRecord>> ModelRecords::versions(const UserId& user, const db::ImageName& name,
                                                            std::uint32_t before, std::uint32_t limit) const {
  std::vector<db::ImageRecord> found;
  for (const auto& image : records) {
    const bool same =
        image.user == user && image.name && image.name->collection == name.collection && image.name->name == name.name;
    if (same && !image.deleted_at && (before == 0 || image.version < before)) found.push_back(image);
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.version > b.version; });
  if (found.size() > limit) found.erase(found.begin() + limit, found.end());
  return found;
}

}  // namespace lightfast::test
