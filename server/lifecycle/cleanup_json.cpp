#include "server/lifecycle/cleanup_json.h"

#include <boost/json.hpp>

#include "base/json_members.h"
#include "server/images/slug.h"

namespace lightfast::lifecycle {
namespace {

namespace json = boost::json;

constexpr std::int64_t longest_age_days = 36'500;

// "" counts as absent.
Result<std::optional<std::string>> text_of(const json::object& arguments, std::string_view name) {
  auto text = string_member(arguments, name);
  if (text && *text && (*text)->empty()) text->reset();
  return text;
}

json::object sum_json(const Sum& sum) {
  return {{"images", sum.images}, {"bytes", sum.bytes}};
}

json::object decision_json(const Decision& decision) {
  return {{"id", decision.id.str()},
          {"user_id", decision.user.str()},
          {"reason", to_string(decision.reason)},
          {"bytes", decision.bytes}};
}

}  // namespace

Result<CleanupOptions> cleanup_options(const json::object& arguments, std::string trigger) {
  CleanupOptions options;
  options.trigger = std::move(trigger);
  auto dry_run = bool_member(arguments, "dry_run");
  if (!dry_run) return dry_run.error();
  if (*dry_run) options.mode = CleanupOptions::Mode::dry_run;
  auto user = text_of(arguments, "user");
  if (!user) return user.error();
  if (*user) {
    auto parsed = UserId::parse(**user);
    if (!parsed) return parsed.error();
    options.scope.user = std::move(*parsed);
  }
  auto collection = text_of(arguments, "collection");
  if (!collection) return collection.error();
  if (*collection) {
    auto slug = images::make_collection_slug(**collection);
    if (!slug) return slug.error();
    options.scope.collection = std::move(*slug);
  }
  auto days = integer_member(arguments, "older_than", 0, longest_age_days);
  if (!days) return days.error();
  if (*days) options.scope.older_than_days = static_cast<std::uint32_t>(**days);
  auto as_of = text_of(arguments, "as_of");
  if (!as_of) return as_of.error();
  if (*as_of) {
    options.as_of = parse_iso8601(**as_of);
    if (!options.as_of) return wrong_member("as_of", "a time such as 2026-11-28T10:00:00Z");
  }
  return options;
}

json::object cleanup_json(const CleanupReport& report, const CleanupOptions& options) {
  json::object sums;
  Sum total;
  for (const auto reason : all_reasons) {
    const auto found = report.sums.find(reason);
    const Sum sum = found == report.sums.end() ? Sum{} : found->second;
    sums[to_string(reason)] = sum_json(sum);
    total.images += sum.images;
    total.bytes += sum.bytes;
  }
  json::object answer{{"dry_run", options.mode == CleanupOptions::Mode::dry_run},
                      {"started_at", to_iso8601(report.started_at)},
                      {"finished_at", to_iso8601(report.finished_at)},
                      {"sums", std::move(sums)},
                      {"total", sum_json(total)},
                      {"errors", report.errors},
                      {"complete", report.complete}};
  if (options.as_of) answer["as_of"] = to_iso8601(*options.as_of);
  if (!report.error.empty()) answer["error"] = report.error;
  return answer;
}

std::string decisions_json(const Plan& taken, std::size_t first, std::size_t count) {
  json::array images;
  for (std::size_t i = first; i < taken.size() && i - first < count; ++i) images.push_back(decision_json(taken.at(i)));
  return json::serialize(images);
}

}  // namespace lightfast::lifecycle
