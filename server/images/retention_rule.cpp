#include "server/images/retention_rule.h"

#include <algorithm>

namespace lightfast::images {

std::optional<Timestamp> earliest_removal(const db::ImageRecord& image, const RetentionRule& rule) {
  if (image.pinned) return std::nullopt;
  std::optional<Timestamp> earliest = image.expires_at;
  if (rule.max_age_days > 0) {
    const Timestamp by_age = image.renewed_at + std::chrono::days(rule.max_age_days);
    earliest = earliest ? std::min(*earliest, by_age) : by_age;
  }
  return earliest;
}

std::string describe(const RetentionRule& rule) {
  std::string text = "images stay for ever";
  if (rule.max_age_days > 0) {
    text = "images are removed " + std::to_string(rule.max_age_days) + " days after they were stored";
  }
  if (rule.per_user_images == 0 && rule.per_user_bytes == 0) {
    text += "; no limit per user";
  } else {
    if (rule.per_user_images > 0) text += "; at most " + std::to_string(rule.per_user_images) + " images per user";
    if (rule.per_user_bytes > 0) text += "; at most " + std::to_string(rule.per_user_bytes) + " bytes per user";
    text += rule.reject_over_limit                ? ", new ones beyond that are refused"
            : rule.order == EvictionOrder::oldest ? ", the oldest go first"
                                                  : ", the least recently used go first";
  }
  if (rule.keep_versions > 0) text += "; the newest " + std::to_string(rule.keep_versions) + " versions of a name stay";
  text += rule.trash_days == 0 ? "; removed images are gone at once"
                               : "; removed images can be restored for " + std::to_string(rule.trash_days) + " days";
  return text;
}

}  // namespace lightfast::images
