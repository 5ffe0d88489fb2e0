#include "server/images/usage_json.h"

#include <boost/json.hpp>

namespace lightfast::images {
namespace {

namespace json = boost::json;

json::value number_or_null(const std::optional<std::uint64_t>& number, std::uint64_t fallback) {
  const std::uint64_t value = number.value_or(fallback);
  if (value == 0) return nullptr;
  return value;
}

}  // namespace

json::object day_json(const db::DayCounters& day) {
  return {{"day", day.day},
          {"added", day.added},
          {"added_bytes", day.added_bytes},
          {"removed", day.removed},
          {"removed_bytes", day.removed_bytes},
          {"served", day.served},
          {"served_bytes", day.served_bytes}};
}

json::object usage_json(const UserId& user, const Usage& usage, const RetentionRule& rule) {
  json::array days;
  for (const auto& day : usage.by_day) days.push_back(day_json(day));
  const db::UserTotals& totals = usage.totals;
  return {{"user_id", user.str()},
          {"images", totals.images},
          {"bytes", totals.bytes},
          {"trash_images", totals.trash_images},
          {"trash_bytes", totals.trash_bytes},
          {"limit_images", number_or_null(totals.limit_images, rule.per_user_images)},
          {"limit_bytes", number_or_null(totals.limit_bytes, rule.per_user_bytes)},
          {"served_bytes", totals.served_bytes},
          {"by_day", std::move(days)}};
}

}  // namespace lightfast::images
