#include "server/admin/stats_command.h"

#include <boost/json.hpp>
#include <map>

#include "base/json_members.h"
#include "db/access.h"
#include "server/images/usage_json.h"
#include "server/lifecycle/forecast.h"

namespace lightfast::admin {
namespace {

namespace json = boost::json;

constexpr std::uint32_t most_users = 10;
constexpr std::uint32_t most_kinds = 1000;
constexpr std::uint32_t most_cleanups = 10;
constexpr std::chrono::days days_back{29};  // and today
constexpr double gigabyte = 1e9;

// What the database knows, read in one view.
struct Facts {
  db::UserTotals totals;
  std::uint64_t users = 0;
  std::vector<std::pair<UserId, db::UserTotals>> largest;
  std::vector<db::KindTotals> kinds;
  std::vector<db::DayCounters> days;
  std::optional<std::string> first_day;
  std::vector<db::CleanupRun> cleanups;
  std::uint64_t missed = 0;
};

struct Volume {
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;
};

Result<Facts> read_facts(const db::Session& session, Timestamp now) {
  auto totals = session.users().everybody();
  if (!totals) return totals.error();
  auto users = session.users().count();
  if (!users) return users.error();
  auto largest = session.users().largest(most_users);
  if (!largest) return largest.error();
  auto kinds = session.counters().by_kind(most_kinds);
  if (!kinds) return kinds.error();
  auto days = session.counters().by_day(std::nullopt, to_utc_day(now - days_back), to_utc_day(now));
  if (!days) return days.error();
  auto first_day = session.counters().first_day();
  if (!first_day) return first_day.error();
  auto cleanups = session.cleanup_runs().latest(most_cleanups);
  if (!cleanups) return cleanups.error();
  auto missed = session.jobs().count_missed();
  if (!missed) return missed.error();
  return Facts{std::move(*totals),   *users,           std::move(*largest),
               std::move(*kinds),    std::move(*days), std::move(*first_day),
               std::move(*cleanups), *missed};
}

json::object totals_json(const db::UserTotals& totals) {
  return {{"images", totals.images},
          {"bytes", totals.bytes},
          {"trash_images", totals.trash_images},
          {"trash_bytes", totals.trash_bytes},
          {"served_bytes", totals.served_bytes}};
}

json::array largest_json(const Facts& facts) {
  json::array users;
  for (const auto& [user, totals] : facts.largest) {
    json::object entry = totals_json(totals);
    entry["user_id"] = user.str();
    users.push_back(std::move(entry));
  }
  return users;
}

// The kinds added up by one of their two sides, most bytes first.
json::array kinds_json(const Facts& facts, const char* member, std::string db::KindTotals::*side) {
  std::map<std::string, lifecycle::Sum> sums;
  for (const auto& kind : facts.kinds) {
    lifecycle::Sum& sum = sums[kind.*side];
    sum.images += kind.images;
    sum.bytes += kind.bytes;
  }
  std::vector<std::pair<std::string, lifecycle::Sum>> sorted(sums.begin(), sums.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
  json::array entries;
  for (const auto& [name, sum] : sorted) {
    json::object entry{{member, nullptr}, {"images", sum.images}, {"bytes", sum.bytes}};
    if (!name.empty()) entry[member] = name;
    entries.push_back(std::move(entry));
  }
  return entries;
}

json::array cleanups_json(const Facts& facts) {
  json::array runs;
  for (const auto& run : facts.cleanups) {
    json::object taken;
    lifecycle::Sum total;
    for (const auto& [reason, sum] : run.taken) {
      taken[reason] = {{"images", sum.images}, {"bytes", sum.bytes}};
      total.images += sum.images;
      total.bytes += sum.bytes;
    }
    json::object entry{{"started_at", to_iso8601(run.started_at)},
                       {"finished_at", to_iso8601(run.finished_at)},
                       {"trigger", run.trigger},
                       {"images", total.images},
                       {"bytes", total.bytes},
                       {"taken", std::move(taken)},
                       {"errors", run.errors}};
    if (!run.error_detail.empty()) entry["error"] = run.error_detail;
    runs.push_back(std::move(entry));
  }
  return runs;
}

// Until new images are refused, or a cleanup takes the oldest for space.
std::uint64_t room_of(const Volume& volume, std::uint64_t stored, const lifecycle::RetentionLimits& limits) {
  const auto less = [](std::uint64_t all, std::uint64_t part) { return all - std::min(all, part); };
  const std::uint64_t room = less(volume.free_bytes, limits.min_free_bytes);
  return limits.storage_max_bytes == 0 ? room : std::min(room, less(limits.storage_max_bytes, stored));
}

struct Outlook {
  lifecycle::Growth growth;
  std::uint64_t stored_bytes = 0;
  std::uint64_t room_bytes = 0;
  std::optional<Timestamp> full_at;
};

json::object forecast_json(const Outlook& outlook) {
  json::object forecast{{"bytes_per_day", outlook.growth.bytes_per_day},
                        {"measured_days", outlook.growth.days},
                        {"growing", outlook.growth.bytes_per_day > 0},
                        {"room_bytes", outlook.room_bytes},
                        {"full_at", nullptr}};
  if (outlook.full_at) forecast["full_at"] = to_iso8601(*outlook.full_at);
  return forecast;
}

json::object cost_json(const Outlook& outlook, double price_per_gb) {
  const double stored = static_cast<double>(outlook.stored_bytes);
  const double full = stored + static_cast<double>(outlook.room_bytes);
  const double in_30_days = std::min(full, stored + 30.0 * static_cast<double>(outlook.growth.bytes_per_day));
  const auto per_month = [&](double bytes) { return std::max(0.0, bytes) / gigabyte * price_per_gb; };
  return {{"price_per_gb", price_per_gb},
          {"per_month", per_month(stored)},
          {"per_month_in_30_days", per_month(in_30_days)},
          {"per_month_when_full", per_month(full)}};
}

Result<std::optional<double>> price_of(const json::object& arguments) {
  const auto* price = find_member(arguments, "price_per_gb");
  if (price == nullptr) return std::optional<double>();
  if (!price->is_number() || !(price->to_number<double>() >= 0)) return wrong_member("price_per_gb", "a number from 0");
  return std::optional<double>(price->to_number<double>());
}

}  // namespace

Task<Result<json::value>> StatsCommand::run(json::object arguments) {
  auto price = price_of(arguments);
  if (!price) co_return price.error();
  const Timestamp now = clock_.now();
  Volume volume;
  auto facts = co_await readers_.run([&]() -> Result<Facts> {
    const auto space = room_.images_disk();
    if (!space) return space.error();
    volume = {space->capacity_bytes, space->free_bytes};
    return db::read(database_, [&](const db::Session& session) { return read_facts(session, now); });
  });
  if (!facts) co_return facts.error();

  Outlook outlook{lifecycle::growth_of(facts->days, facts->first_day, now),
                  facts->totals.bytes + facts->totals.trash_bytes};
  outlook.room_bytes = room_of(volume, outlook.stored_bytes, limits_);
  outlook.full_at = lifecycle::full_at(outlook.growth, outlook.room_bytes, now);
  json::array days;
  for (const auto& day : facts->days) days.push_back(images::day_json(day));

  json::object answer = totals_json(facts->totals);
  answer["users"] = facts->users;
  answer["missed_fetches"] = facts->missed;
  answer["volume"] = {{"size_bytes", volume.size_bytes}, {"free_bytes", volume.free_bytes}};
  answer["largest_users"] = largest_json(*facts);
  answer["by_provider"] = kinds_json(*facts, "provider", &db::KindTotals::provider);
  answer["by_type"] = kinds_json(*facts, "content_type", &db::KindTotals::content_type);
  answer["by_day"] = std::move(days);
  answer["cleanups"] = cleanups_json(*facts);
  answer["forecast"] = forecast_json(outlook);
  if (*price) answer["cost"] = cost_json(outlook, **price);
  co_return json::value(std::move(answer));
}

}  // namespace lightfast::admin
