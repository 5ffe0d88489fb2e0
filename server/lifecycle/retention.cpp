#include "server/lifecycle/retention.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "storage/disk_room.h"

namespace lightfast::lifecycle {
namespace {

using Page = Result<db::Retention::Images>;

constexpr std::uint32_t page_size = 500;
constexpr std::uint32_t most_versions = 1000;
constexpr std::chrono::days protected_age{1};
constexpr Timestamp ever = Timestamp::max();

std::optional<std::chrono::days> age_limit(const RetentionLimits& limits, const RetentionScope& scope) {
  if (scope.older_than_days) return std::chrono::days(*scope.older_than_days);
  if (limits.rule.max_age_days > 0) return std::chrono::days(limits.rule.max_age_days);
  return std::nullopt;
}

// The lists take "before": this makes "at or before" of it.
Timestamp just_after(Timestamp time) {
  return time + std::chrono::milliseconds(1);
}

class Planner {
 public:
  Planner(const db::Retention& records, const db::Collections& names, const RetentionLimits& limits,
          const RetentionScope& scope, const Situation& situation)
      : records_(records), names_(names), limits_(limits), scope_(scope), situation_(situation) {}

  Result<void> unfinished();
  Result<void> expired_trash();
  Result<void> past_their_time();
  Result<void> surplus_versions();
  Result<void> over_user_limits();
  Result<void> space();
  Plan& plan() { return plan_; }

 private:
  using Name = std::tuple<std::string, std::string, std::string>;  // user, collection, name

  // Calls `visit` for each image of the list that is not taken yet, until it returns false or the plan is full.
  template <class List, class Visit>
  Result<void> each(db::RetentionQuery query, List list, Visit visit) const;
  db::RetentionQuery in_scope() const;

  bool is_protected(const db::RetentionImage& image) const {
    return image.renewed_at > situation_.now - protected_age || image.renewed_at < earliest_time;
  }
  void take(const db::RetentionImage& image, Reason reason, Fate fate);
  void take_living(const db::RetentionImage& image, Reason reason);
  Result<bool> is_surplus(const db::RetentionImage& image) const;
  Result<void> take_over_limit(const UserId& user, const db::UserTotals& totals);
  Page by_eviction_order(const db::RetentionQuery& query, Timestamp made_before) const;

  const db::Retention& records_;
  const db::Collections& names_;
  const RetentionLimits& limits_;
  const RetentionScope& scope_;
  const Situation& situation_;
  Plan plan_;
  Sum freed_;                                        // by what goes for good
  std::map<Name, std::vector<std::uint32_t>> gone_;  // versions that their age has taken
};

db::RetentionQuery Planner::in_scope() const {
  db::RetentionQuery query;
  query.user = scope_.user;
  query.collection = scope_.collection;
  query.limit = page_size;
  return query;
}

template <class List, class Visit>
Result<void> Planner::each(db::RetentionQuery query, List list, Visit visit) const {
  while (!plan_.is_full()) {
    const Page page = list(query);
    if (!page) return page.error();
    for (const auto& image : *page) {
      if (plan_.contains(image.id)) continue;
      const Result<bool> goes_on = visit(image);
      if (!goes_on) return goes_on.error();
      if (!*goes_on || plan_.is_full()) return {};
    }
    if (page->size() < query.limit) return {};
    query.after = page->back();
  }
  return {};
}

void Planner::take(const db::RetentionImage& image, Reason reason, Fate fate) {
  plan_.add({image.id, image.user, reason, image.file_size, fate});
  if (fate == Fate::for_good) freed_.add(image.file_size);
}

void Planner::take_living(const db::RetentionImage& image, Reason reason) {
  take(image, reason, limits_.rule.trash_days == 0 ? Fate::for_good : Fate::to_trash);
}

// What an interrupted cleanup, or a removal, left half done.
Result<void> Planner::unfinished() {
  return each(
      in_scope(), [&](const auto& query) { return records_.purging(query); },
      [&](const auto& image) -> Result<bool> {
        take(image, Reason::trash, Fate::for_good);
        return true;
      });
}

// What was removed is out of the day's protection, and of the pin's: its owner has let it go.
Result<void> Planner::expired_trash() {
  const Timestamp until = situation_.now - std::chrono::days(limits_.rule.trash_days);
  return each(
      in_scope(), [&](const auto& query) { return records_.trash(query, just_after(until)); },
      [&](const auto& image) -> Result<bool> {
        if (image.deleted_at >= earliest_time) take(image, Reason::trash, Fate::for_good);
        return true;
      });
}

Result<void> Planner::past_their_time() {
  const auto visit = [&](const db::RetentionImage& image) -> Result<bool> {
    if (image.pinned || is_protected(image)) return true;
    take_living(image, Reason::ttl);
    if (image.name && limits_.rule.keep_versions > 0) {
      gone_[{image.user.str(), image.name->collection, image.name->name}].push_back(image.version);
    }
    return true;
  };
  auto expired = each(
      in_scope(), [&](const auto& query) { return records_.expired(query, situation_.now); }, visit);
  if (!expired) return expired;
  const auto age = age_limit(limits_, scope_);
  if (!age) return {};
  const Timestamp before = just_after(situation_.now - *age);
  return each(
      in_scope(), [&](const auto& query) { return records_.aged(query, before); }, visit);
}

// The list counts newer versions that live; what age takes in this same cleanup lives no longer.
Result<bool> Planner::is_surplus(const db::RetentionImage& image) const {
  const auto gone = gone_.find({image.user.str(), image.name->collection, image.name->name});
  if (gone == gone_.end()) return true;
  auto versions = names_.versions(image.user, *image.name, 0, most_versions);
  if (!versions) return versions.error();
  const auto newer = std::count_if(versions->begin(), versions->end(), [&](const db::ImageRecord& other) {
    return other.version > image.version && std::count(gone->second.begin(), gone->second.end(), other.version) == 0;
  });
  return newer >= limits_.rule.keep_versions;
}

Result<void> Planner::surplus_versions() {
  const std::uint32_t kept = limits_.rule.keep_versions;
  if (kept == 0) return {};
  return each(
      in_scope(), [&](const auto& query) { return records_.surplus_versions(query, kept); },
      [&](const auto& image) -> Result<bool> {
        if (image.pinned || is_protected(image)) return true;
        const Result<bool> surplus = is_surplus(image);
        if (!surplus) return surplus;
        if (*surplus) take_living(image, Reason::version);
        return true;
      });
}

Result<void> Planner::over_user_limits() {
  if (limits_.rule.reject_over_limit) return {};
  const db::UserLimits defaults{limits_.rule.per_user_images, limits_.rule.per_user_bytes};
  std::optional<UserId> after;
  while (!plan_.is_full()) {
    const auto users = records_.over_limits(defaults, after, page_size);
    if (!users) return users.error();
    for (const auto& [user, totals] : *users) {
      if (scope_.user && *scope_.user != user) continue;
      if (auto taken = take_over_limit(user, totals); !taken) return taken;
    }
    if (users->size() < page_size) return {};
    after = users->back().first;
  }
  return {};
}

Result<void> Planner::take_over_limit(const UserId& user, const db::UserTotals& totals) {
  const Sum gone = plan_.taken_from(user);
  std::uint64_t images = totals.images - std::min(totals.images, gone.images);
  std::uint64_t bytes = totals.bytes - std::min(totals.bytes, gone.bytes);
  const std::uint64_t most_images = totals.limit_images.value_or(limits_.rule.per_user_images);
  const std::uint64_t most_bytes = totals.limit_bytes.value_or(limits_.rule.per_user_bytes);
  const auto is_over = [&] {
    return (most_images > 0 && images > most_images) || (most_bytes > 0 && bytes > most_bytes);
  };
  const auto visit = [&](const db::RetentionImage& image) -> Result<bool> {
    if (!is_over()) return false;
    if (image.pinned) return true;
    take_living(image, Reason::user_limit);
    images -= std::min<std::uint64_t>(images, 1);
    bytes -= std::min(bytes, image.file_size);
    return true;
  };
  db::RetentionQuery query = in_scope();
  query.user = user;
  auto old = each(
      query, [&](const auto& q) { return records_.old_versions(q); }, visit);
  if (!old) return old;
  return each(
      query, [&](const auto& q) { return by_eviction_order(q, ever); }, visit);
}

Page Planner::by_eviction_order(const db::RetentionQuery& query, Timestamp made_before) const {
  return limits_.rule.order == images::EvictionOrder::oldest ? records_.aged(query, made_before)
                                                             : records_.least_recently_accessed(query, made_before);
}

Result<void> Planner::space() {
  if (scope_.user || !scope_.collection.empty()) return {};
  const std::uint64_t stored = situation_.stored_bytes - std::min(situation_.stored_bytes, freed_.bytes);
  const Sum enough{std::max(freed_.images, images_over_space(situation_.free_inodes)),
                   freed_.bytes + bytes_over_space(limits_, stored, situation_.free_bytes + freed_.bytes)};
  const auto is_enough = [&] { return freed_.images >= enough.images && freed_.bytes >= enough.bytes; };
  if (is_enough()) return {};
  const auto visit = [&](const db::RetentionImage& image) -> Result<bool> {
    if (is_enough()) return false;
    const bool lives = !image.deleted_at;
    if (!lives || (!image.pinned && !is_protected(image))) take(image, Reason::space, Fate::for_good);
    return true;
  };
  auto trash = each(
      in_scope(), [&](const auto& query) { return records_.trash(query, ever); }, visit);
  if (!trash) return trash;
  // What this very cleanup would put into the trash is the youngest there.
  for (std::size_t i = 0; i < plan_.size() && !is_enough(); ++i) {
    const Decision decision = plan_.at(i);
    if (decision.fate == Fate::for_good) continue;
    plan_.take_for_space(i);
    freed_.add(decision.bytes);
  }
  return each(
      in_scope(),
      [&](const auto& query) { return by_eviction_order(query, just_after(situation_.now - protected_age)); }, visit);
}

}  // namespace

std::uint64_t bytes_over_space(const RetentionLimits& limits, std::uint64_t stored_bytes, std::uint64_t free_bytes) {
  std::uint64_t over = 0;
  if (limits.storage_max_bytes > 0 && stored_bytes > limits.storage_max_bytes) {
    over = stored_bytes - limits.storage_max_bytes / 10 * 9;
  }
  // Freed beyond the mark, so that the next cleanup is not due at once.
  if (free_bytes < 2 * limits.min_free_bytes) over = std::max(over, 3 * limits.min_free_bytes - free_bytes);
  return over;
}

std::uint64_t images_over_space(std::uint64_t free_inodes) {
  return free_inodes < 2 * storage::min_free_inodes ? 3 * storage::min_free_inodes - free_inodes : 0;
}

Result<Plan> plan_retention(const db::Retention& records, const db::Collections& names, const RetentionLimits& limits,
                            const RetentionScope& scope, const Situation& situation) {
  Planner planner(records, names, limits, scope, situation);
  for (const auto step : {&Planner::unfinished, &Planner::expired_trash, &Planner::past_their_time,
                          &Planner::surplus_versions, &Planner::over_user_limits, &Planner::space}) {
    if (const auto done = (planner.*step)(); !done) return done.error();
  }
  return std::move(planner.plan());
}

Result<Plan> plan_for_space(const db::Retention& records, const db::Collections& names, const RetentionLimits& limits,
                            const Situation& situation) {
  const RetentionScope everything;
  Planner planner(records, names, limits, everything, situation);
  for (const auto step : {&Planner::unfinished, &Planner::space}) {
    if (const auto done = (planner.*step)(); !done) return done.error();
  }
  return std::move(planner.plan());
}

bool is_still_due(const Decision& decision, const db::ImageRecord& image, const RetentionLimits& limits,
                  const RetentionScope& scope, Timestamp planned_at) {
  if (decision.reason == Reason::trash) return image.deleted_at.has_value();
  if (image.deleted_at) return decision.reason == Reason::space;
  if (image.pinned) return false;
  const auto age = age_limit(limits, scope);
  switch (decision.reason) {
    case Reason::ttl:
      return (age && image.renewed_at + *age <= planned_at) || (image.expires_at && *image.expires_at <= planned_at);
    case Reason::version: return !image.is_current;
    default: return image.accessed_at <= planned_at && image.renewed_at <= planned_at;
  }
}

}  // namespace lightfast::lifecycle
