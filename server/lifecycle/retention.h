// Decides which images a cleanup takes, and why: a pure function of the records, the clock and the limits. Carries
// nothing out (cleaner). The records are looked at a page at a time. Any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "db/collections.h"
#include "db/retention.h"
#include "server/images/retention_rule.h"
#include "server/lifecycle/plan.h"

namespace lightfast::lifecycle {

// A clock that shows less was never set: there was no Lightfast then. What it dated may be of any age.
inline constexpr Timestamp earliest_time = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);

struct RetentionLimits {
  images::RetentionRule rule;
  std::uint64_t storage_max_bytes = 0;  // 0: by free disk only
  std::uint64_t min_free_bytes = 0;
};

// Which images a cleanup looks at. With a user or a collection it takes nothing for space, which is everybody's.
struct RetentionScope {
  std::optional<UserId> user;
  std::string collection;                        // a slug; empty: any, and none
  std::optional<std::uint32_t> older_than_days;  // instead of the rule's age
};

struct Situation {
  Timestamp now{};
  std::uint64_t stored_bytes = 0;  // living and trash
  std::uint64_t free_bytes = 0;
  std::uint64_t free_inodes = std::numeric_limits<std::uint64_t>::max();  // each image that goes frees one
};

// In this order: the expired trash; what is past its time; versions beyond those kept, and what is over its user's
// limits (old versions first, then in the rule's order); then, for space, the trash and the living, in the rule's
// order. An image younger than a day is taken by its user's limit alone; a pinned one never, though it counts.
Result<Plan> plan_retention(const db::Retention& records, const db::Collections& names, const RetentionLimits& limits,
                            const RetentionScope& scope, const Situation& situation);

// For space alone: when the disk runs low between two daily cleanups.
Result<Plan> plan_for_space(const db::Retention& records, const db::Collections& names, const RetentionLimits& limits,
                            const Situation& situation);

// Whether what was decided still holds for the image as it is now: it may have been read, renewed, pinned, restored or
// made current since.
bool is_still_due(const Decision& decision, const db::ImageRecord& image, const RetentionLimits& limits,
                  const RetentionScope& scope, Timestamp planned_at);

// How many bytes must go so that there is room again; 0 while there is enough.
std::uint64_t bytes_over_space(const RetentionLimits& limits, std::uint64_t stored_bytes, std::uint64_t free_bytes);
std::uint64_t images_over_space(std::uint64_t free_inodes);  // the same in images, for their inodes

}  // namespace lightfast::lifecycle
