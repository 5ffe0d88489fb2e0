// How long images stay, as configured; what every answer's `expires_at` is computed from. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "db/records.h"

namespace lightfast::images {

// By age where a CDN stands in front: the origin does not see its hits.
enum class EvictionOrder { least_recently_accessed, oldest };

struct RetentionRule {
  std::uint32_t max_age_days = 0;     // 0: for ever
  std::uint64_t per_user_images = 0;  // 0: no limit
  std::uint64_t per_user_bytes = 0;   // 0: no limit
  bool reject_over_limit = false;     // new images beyond a user's limit are refused instead of old ones evicted
  std::uint32_t trash_days = 7;       // 0: removed at once
  std::uint32_t keep_versions = 0;    // of a named image; 0: all
  EvictionOrder order = EvictionOrder::least_recently_accessed;  // of what goes over a user's limit or for space
};

// The earliest time at which a cleanup may take the image for its age; nullopt where nothing expires.
std::optional<Timestamp> earliest_removal(const db::ImageRecord& image, const RetentionRule& rule);

// One line for the log: "images stay for ever; no limit per user; removed images can be restored for 7 days".
std::string describe(const RetentionRule& rule);

}  // namespace lightfast::images
