// What a cleanup looks at: images in the order in which it would take them, a page at a time, so that a million of them
// are never in memory at once. Reads only, decides nothing. Each call on its session's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "db/records.h"

namespace lightfast::db {

// What of an image a cleanup needs to know.
struct RetentionImage {
  ImageId id;
  UserId user;
  std::string file_key;
  std::uint64_t file_size = 0;
  std::optional<ImageName> name;
  std::uint32_t version = 0;
  bool is_current = false;
  bool pinned = false;
  Timestamp created_at{};
  Timestamp renewed_at{};
  Timestamp accessed_at{};
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> deleted_at;
};

struct RetentionQuery {
  std::optional<UserId> user;           // absent: of all users
  std::string collection;               // empty: any, and none
  std::optional<RetentionImage> after;  // the last one of the page before
  std::uint32_t limit = 500;            // 1–1000
};

struct UserLimits {
  std::uint64_t images = 0;  // 0: no limit
  std::uint64_t bytes = 0;
};

// Each list but the trash leaves out what is pinned. Errc::invalid_request for a limit outside 1–1000.
class Retention {
 public:
  using Images = std::vector<RetentionImage>;

  virtual ~Retention() = default;

  // In the trash since before `before`, oldest removal first. Without those that are being purged.
  virtual Result<Images> trash(const RetentionQuery& query, Timestamp before) const = 0;
  // Made, or last renewed, before `before`; oldest first.
  virtual Result<Images> aged(const RetentionQuery& query, Timestamp before) const = 0;
  // Whose caller's time is over at `now`, longest over first.
  virtual Result<Images> expired(const RetentionQuery& query, Timestamp now) const = 0;
  // Versions that are not current and have at least `kept` newer living ones; by user, then least recently accessed
  // first.
  virtual Result<Images> surplus_versions(const RetentionQuery& query, std::uint32_t kept) const = 0;
  // Every version that is not current; by user, then least recently accessed first.
  virtual Result<Images> old_versions(const RetentionQuery& query) const = 0;
  // Made before `made_before`, least recently accessed first.
  virtual Result<Images> least_recently_accessed(const RetentionQuery& query, Timestamp made_before) const = 0;
  // What a cleanup that was interrupted left half done (Images::begin_purge), by id.
  virtual Result<Images> purging(const RetentionQuery& query) const = 0;

  // Users with more than their own limits or, where they have none, `defaults` allow; by id, those after `after`.
  virtual Result<std::vector<std::pair<UserId, UserTotals>>> over_limits(const UserLimits& defaults,
                                                                         const std::optional<UserId>& after,
                                                                         std::uint32_t limit) const = 0;

  // The latest time that any image was made, accessed or removed: a clock that stands before it has jumped.
  virtual Result<std::optional<Timestamp>> newest_time() const = 0;
};

}  // namespace lightfast::db
