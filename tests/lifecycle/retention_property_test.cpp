// Random records and limits: the paged plan is what the rules, followed step by step on the whole, come to.
#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "server/lifecycle/retention.h"
#include "tests/lifecycle/model_records.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

namespace lightfast::lifecycle {
namespace {

using test::ModelRecords;
using Outcome = std::map<std::string, std::string>;  // by id: "ttl to the trash"

std::string describe(Reason reason, Fate fate) {
  return std::string(to_string(reason)) + (fate == Fate::for_good ? " for good" : " to the trash");
}

constexpr std::chrono::days day{1};

std::string to_text(const Outcome& outcome) {
  std::string text;
  for (const auto& [id, what] : outcome) text += id + " " + what + "\n";
  return text;
}

// Carries each rule out on the records before it looks at the next one.
class Simple {
 public:
  Simple(ModelRecords records, const RetentionLimits& limits, Timestamp now, std::uint64_t free_bytes)
      : records_(std::move(records)), limits_(limits), now_(now), free_bytes_(free_bytes) {}

  Outcome run() {
    trash();
    age();
    versions();
    for (const auto& user : users()) user_limit(user);
    space();
    return outcome_;
  }

 private:
  using Pointers = std::vector<db::ImageRecord*>;

  template <class Wanted>
  Pointers select(Wanted wanted) {
    Pointers found;
    for (auto& image : records_.records) {
      if (!gone_.contains(image.id.str()) && wanted(image)) found.push_back(&image);
    }
    return found;
  }
  Pointers by_access(Pointers images) {
    std::sort(images.begin(), images.end(), [](const auto* a, const auto* b) {
      return std::tuple(a->accessed_at, a->id.str()) < std::tuple(b->accessed_at, b->id.str());
    });
    return images;
  }
  std::vector<UserId> users() {
    std::map<UserId, int> all;
    for (const auto& image : records_.records) all[image.user] = 1;
    std::vector<UserId> names;
    for (const auto& [user, one] : all) names.push_back(user);
    return names;
  }
  bool may_go(const db::ImageRecord& image) const { return !image.deleted_at && !image.pinned; }
  bool is_old(const db::ImageRecord& image) const { return image.renewed_at <= now_ - day; }

  void purge(db::ImageRecord& image, Reason reason) {
    free_bytes_ += image.file_size;
    gone_[image.id.str()] = true;
    outcome_[image.id.str()] = describe(reason, Fate::for_good);
  }
  void remove(db::ImageRecord& image, Reason reason) {
    image.deleted_at = now_;
    removed_.push_back(&image);
    outcome_[image.id.str()] = describe(reason, Fate::to_trash);
    if (limits_.rule.trash_days == 0) purge(image, reason);
  }

  void trash() {
    for (auto* image : select([&](const auto& i) {
           return i.deleted_at && *i.deleted_at <= now_ - std::chrono::days(limits_.rule.trash_days);
         })) {
      purge(*image, Reason::trash);
    }
  }
  void age() {
    auto due = select([&](const auto& i) {
      const auto end = images::earliest_removal(i, limits_.rule);
      return may_go(i) && is_old(i) && end && *end <= now_;
    });
    // Those whose caller's time is over come first: of them space takes first.
    const auto order = [&](const db::ImageRecord& i) {
      const bool asked_for = i.expires_at && *i.expires_at <= now_;
      return std::tuple(!asked_for, asked_for ? *i.expires_at : i.created_at, i.id.str());
    };
    std::sort(due.begin(), due.end(), [&](const auto* a, const auto* b) { return order(*a) < order(*b); });
    for (auto* image : due) remove(*image, Reason::ttl);
  }
  void versions() {
    if (limits_.rule.keep_versions == 0) return;
    Pointers surplus;
    for (auto* image : select([&](const auto& i) { return may_go(i) && is_old(i) && i.name && !i.is_current; })) {
      const auto newer = select([&](const auto& other) {
        return !other.deleted_at && other.user == image->user && other.name && other.name->name == image->name->name &&
               other.version > image->version;
      });
      if (newer.size() >= limits_.rule.keep_versions) surplus.push_back(image);
    }
    surplus = by_access(surplus);
    std::stable_sort(surplus.begin(), surplus.end(), [](const auto* a, const auto* b) { return a->user < b->user; });
    for (auto* image : surplus) remove(*image, Reason::version);
  }
  void user_limit(const UserId& user) {
    if (limits_.rule.reject_over_limit) return;
    const auto is_over = [&] {
      std::uint64_t images = 0, bytes = 0;
      for (const auto* image : select([&](const auto& i) { return i.user == user && !i.deleted_at; })) {
        images += 1;
        bytes += image->file_size;
      }
      const auto own = records_.own_limits.find(user);
      const db::UserLimits limit = own == records_.own_limits.end()
                                       ? db::UserLimits{limits_.rule.per_user_images, limits_.rule.per_user_bytes}
                                       : own->second;
      return (limit.images > 0 && images > limit.images) || (limit.bytes > 0 && bytes > limit.bytes);
    };
    for (const bool old_versions : {true, false}) {
      for (auto* image : by_access(select([&](const auto& i) {
             return i.user == user && may_go(i) && (!old_versions || (i.name && !i.is_current));
           }))) {
        if (!is_over()) return;
        remove(*image, Reason::user_limit);
      }
    }
  }
  void space() {
    std::uint64_t stored = 0;
    for (const auto* image : select([](const auto&) { return true; })) stored += image->file_size;
    std::uint64_t needed = bytes_over_space(limits_, stored, free_bytes_);
    const auto take = [&](const Pointers& images) {
      for (auto* image : images) {
        if (needed == 0) return;
        needed -= std::min(needed, image->file_size);
        purge(*image, Reason::space);
      }
    };
    auto old_trash = select([&](const auto& i) { return i.deleted_at && outcome_.count(i.id.str()) == 0; });
    std::sort(old_trash.begin(), old_trash.end(), [](const auto* a, const auto* b) {
      return std::tuple(*a->deleted_at, a->id.str()) < std::tuple(*b->deleted_at, b->id.str());
    });
    take(old_trash);
    if (limits_.rule.trash_days > 0) take(removed_);
    take(by_access(select([&](const auto& i) { return may_go(i) && is_old(i); })));
  }

  ModelRecords records_;
  RetentionLimits limits_;
  Timestamp now_;
  std::uint64_t free_bytes_;
  std::map<std::string, bool> gone_;
  Pointers removed_;
  Outcome outcome_;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  std::uint64_t upto(std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(engine_); }
  bool one_in(std::uint64_t n) { return upto(n - 1) == 0; }

 private:
  std::mt19937 engine_;
};

ModelRecords random_records(Dice& dice, const IdGenerator& ids, Timestamp now) {
  ModelRecords model;
  std::map<std::string, std::uint32_t> versions;
  const auto count = dice.upto(60);
  for (std::uint64_t i = 0; i < count; ++i) {
    db::ImageRecord image{.id = ids.next_image_id(), .user = *UserId::parse("user" + std::to_string(dice.upto(3)))};
    image.file_size = 1 + dice.upto(50);
    image.created_at = image.renewed_at = now - std::chrono::hours(dice.upto(24 * 10));
    if (dice.one_in(6)) image.renewed_at = now - std::chrono::hours(dice.upto(24));
    image.accessed_at = std::max(image.created_at, now - std::chrono::hours(dice.upto(24 * 10)));
    image.pinned = dice.one_in(8);
    if (dice.one_in(6)) image.expires_at = now + std::chrono::hours(dice.upto(48)) - std::chrono::hours(24);
    if (dice.one_in(4)) image.deleted_at = now - std::chrono::hours(dice.upto(24 * 5));
    if (dice.one_in(2)) {
      image.name = db::ImageName{"articles", "name" + std::to_string(dice.upto(1))};
      image.version = ++versions[image.user.str() + image.name->name];
    }
    model.records.push_back(image);
  }
  // At most one living version of a name is the current one.
  std::map<std::string, bool> has_current;
  for (auto& image : model.records) {
    if (!image.name || image.deleted_at || dice.one_in(3)) continue;
    bool& taken = has_current[image.user.str() + image.name->name];
    image.is_current = !std::exchange(taken, true);
  }
  if (dice.one_in(2)) model.own_limits[*UserId::parse("user1")] = {dice.upto(5), dice.upto(100)};
  return model;
}

RetentionLimits random_limits(Dice& dice) {
  RetentionLimits limits;
  limits.rule.max_age_days = static_cast<std::uint32_t>(dice.upto(8));
  limits.rule.trash_days = static_cast<std::uint32_t>(dice.upto(4));
  limits.rule.keep_versions = static_cast<std::uint32_t>(dice.upto(3));
  limits.rule.per_user_images = dice.upto(15);
  limits.rule.per_user_bytes = dice.one_in(2) ? dice.upto(500) : 0;
  limits.rule.reject_over_limit = dice.one_in(5);
  limits.storage_max_bytes = dice.one_in(2) ? dice.upto(1500) : 0;
  limits.min_free_bytes = dice.upto(200);
  return limits;
}

TEST_CASE("the paged plan is what the rules come to when followed one after the other") {
  const test::ManualClock clock;
  const IdGenerator ids(clock);
  for (unsigned seed = 1; seed <= 1500; ++seed) {
    Dice dice(seed);
    const ModelRecords records = random_records(dice, ids, clock.now());
    const RetentionLimits limits = random_limits(dice);
    const std::uint64_t free_bytes = dice.upto(600);
    const Outcome expected = Simple(records, limits, clock.now(), free_bytes).run();
    const auto plan = plan_retention(records, records, limits, {}, {clock.now(), records.stored_bytes(), free_bytes});
    INFO("seed " << seed);
    REQUIRE(plan);
    Outcome planned;
    for (std::size_t i = 0; i < plan->size(); ++i) {
      const Decision decision = plan->at(i);
      INFO(decision.id.str());
      REQUIRE(planned.try_emplace(decision.id.str(), describe(decision.reason, decision.fate)).second);
    }
    CHECK(to_text(planned) == to_text(expected));
    for (const auto& image : records.records) {
      if (image.pinned && !image.deleted_at) CHECK_FALSE(planned.contains(image.id.str()));
    }
  }
}

}  // namespace
}  // namespace lightfast::lifecycle
