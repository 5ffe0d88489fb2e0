#include <map>
#include <random>

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::DayCounters;
using db::ImageRecord;
using db::Session;
using db::UserTotals;

// What the database promises, told in the simplest way: everything in maps, totals added up anew each time.
struct Model {
  struct Name {
    std::uint32_t last = 0, current = 0;
  };
  std::map<std::string, ImageRecord> images;  // by id, the trash too
  std::map<std::string, std::string> tombstones;
  std::map<std::string, Name> names;  // by user/name
  std::map<std::pair<std::string, std::string>, DayCounters> days;

  static std::string place(const ImageRecord& image) {
    return image.user.str() + "/" + (image.name ? image.name->name : "");
  }
  DayCounters& day(const ImageRecord& image, Timestamp now) { return days[{image.user.str(), to_utc_day(now)}]; }

  ImageRecord* same_bytes(const ImageRecord& image) {
    for (auto& [id, other] : images) {
      if (!other.deleted_at && other.origin != db::Origin::generate && other.sha256 == image.sha256 &&
          place(other) == place(image) && other.visibility == image.visibility) {
        return &other;
      }
    }
    return nullptr;
  }

  bool is_current(const ImageRecord& image) const {
    const auto name = names.find(place(image));
    return image.name && !image.deleted_at && name != names.end() && name->second.current == image.version;
  }

  void insert(ImageRecord image) {
    if (image.origin != db::Origin::generate) {
      if (ImageRecord* const same = same_bytes(image)) {
        if (same->name) names[place(image)].current = same->version;
        return;
      }
    }
    if (image.name) image.version = names[place(image)].current = ++names[place(image)].last;
    day(image, image.created_at).added += 1;
    day(image, image.created_at).added_bytes += image.file_size;
    images.emplace(image.id.str(), image);
  }

  bool remove(const std::string& id, Timestamp now) {
    const auto found = images.find(id);
    if (found == images.end() || found->second.deleted_at) return false;
    found->second.deleted_at = now;
    day(found->second, now).removed += 1;
    day(found->second, now).removed_bytes += found->second.file_size;
    return true;
  }

  bool restore(const std::string& id, Timestamp now) {
    const auto found = images.find(id);
    if (found == images.end() || !found->second.deleted_at) return false;
    if (found->second.origin != db::Origin::generate && same_bytes(found->second)) return false;
    found->second.deleted_at.reset();
    day(found->second, now).added += 1;
    day(found->second, now).added_bytes += found->second.file_size;
    return true;
  }

  bool purge(const std::string& id) {
    const auto found = images.find(id);
    if (found == images.end() || !found->second.deleted_at) return false;
    tombstones[id] = found->second.user.str();
    images.erase(found);
    return true;
  }

  bool set_current(const UserId& user, const std::string& name, std::uint32_t version) {
    for (const auto& [id, image] : images) {
      if (image.user == user && image.name && image.name->name == name && image.version == version &&
          !image.deleted_at) {
        names[place(image)].current = version;
        return true;
      }
    }
    return false;
  }

  using Kinds = std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::uint64_t>>;
  Kinds kinds() const {
    Kinds kinds;
    for (const auto& [id, image] : images) {
      if (image.deleted_at) continue;
      auto& kind = kinds[{image.source.provider, image.content_type}];
      kind.first += 1;
      kind.second += image.file_size;
    }
    return kinds;
  }

  UserTotals totals(const std::string& user) const {
    UserTotals totals;
    for (const auto& [id, image] : images) {
      if (image.user.str() != user) continue;
      (image.deleted_at ? totals.trash_images : totals.images) += 1;
      (image.deleted_at ? totals.trash_bytes : totals.bytes) += image.file_size;
    }
    return totals;
  }
};

class RandomWalk {
 public:
  RandomWalk(ContractDatabase& db, unsigned seed) : db_(db), random_(seed) {}

  void step() {
    db_.clock().advance(std::chrono::minutes(pick(60)));
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
      case 3: return insert();
      case 4:
      case 5:
        return with_an_id(
            [&](const ImageId& id) { CHECK(db_.remove(id).has_value() == model_.remove(id.str(), db_.now())); });
      case 6:
      case 7:
        return with_an_id(
            [&](const ImageId& id) { CHECK(db_.restore(id).has_value() == model_.restore(id.str(), db_.now())); });
      case 8: return with_an_id([&](const ImageId& id) { CHECK(db_.purge(id).has_value() == model_.purge(id.str())); });
      default: return set_current();
    }
  }

  void compare() {
    for (const std::string user : {"ana", "bob"}) {
      compare_totals(user);
      compare_changes(user);
      compare_names(user);
    }
    for (const auto& [id, expected] : model_.images) {
      const auto found = db_.find(expected.id);
      REQUIRE(found);
      CHECK((found->deleted_at == expected.deleted_at));
      CHECK(found->version == expected.version);
      CHECK(found->is_current == model_.is_current(expected));
    }
    compare_kinds();
    for (const auto& [key, expected] : model_.days) compare_day(key.first, key.second, expected);
    const std::size_t listed = db_.list_all().size() + db_.list_all({.deleted = true}).size();
    CHECK(listed == model_.images.size());
  }

 private:
  int pick(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }

  void insert() {
    ImageRecord image =
        db_.image("bytes " + std::string(static_cast<std::size_t>(pick(6)), 'x'), pick(2) ? "ana" : "bob");
    if (pick(2)) image.name = db::ImageName{"articles", pick(2) ? "hero" : "footer"};
    if (pick(4) == 0) image.origin = db::Origin::generate;
    if (pick(3) == 0) image.source.provider = "replicate";
    if (pick(3) == 0) image.content_type = "image/gif";
    if (pick(4) == 0) image.visibility = db::Visibility::private_;
    db_.insert(image);
    model_.insert(image);
    ids_.push_back(image.id);
  }

  template <class Fn>
  void with_an_id(Fn fn) {
    if (!ids_.empty()) fn(ids_[static_cast<std::size_t>(pick(static_cast<int>(ids_.size())))]);
  }

  void set_current() {
    const UserId user = user_id(pick(2) ? "ana" : "bob");
    const std::string name = pick(2) ? "hero" : "footer";
    const auto version = static_cast<std::uint32_t>(pick(8));
    const auto outcome = db_.change([&](Session& session) {
      return session.images().set_current(user, {"articles", name}, version);
    });
    CHECK(outcome.has_value() == model_.set_current(user, name, version));
  }

  void compare_totals(const std::string& user) {
    const UserTotals expected = model_.totals(user), found = db_.totals(user);
    CHECK(found.images == expected.images);
    CHECK(found.bytes == expected.bytes);
    CHECK(found.trash_images == expected.trash_images);
    CHECK(found.trash_bytes == expected.trash_bytes);
  }

  void compare_kinds() {
    Model::Kinds found;
    const auto kinds = db_.look([](const Session& session) { return session.counters().by_kind(100); });
    for (const auto& kind : *kinds) found[{kind.provider, kind.content_type}] = {kind.images, kind.bytes};
    CHECK((found == model_.kinds()));
  }

  // Everything a user ever had is told exactly once, and a device that knows all is told only what is new.
  void compare_changes(const std::string& user) {
    std::map<std::string, bool> removed;
    std::uint64_t last = 0;
    for (const auto& change : db_.changes(0, user)) {
      CHECK(change.change_seq > last);
      last = change.change_seq;
      CHECK(removed.emplace(change.id.str(), change.removed).second);
    }
    std::map<std::string, bool> expected;
    for (const auto& [id, image] : model_.images) {
      if (image.user.str() == user) expected[id] = image.deleted_at.has_value();
    }
    for (const auto& [id, owner] : model_.tombstones) {
      if (owner == user) expected[id] = true;
    }
    CHECK((removed == expected));
    CHECK(db_.changes(last, user).empty());
    CHECK(last >= last_change_[user]);
    last_change_[user] = last;
  }

  void compare_names(const std::string& user) {
    for (const std::string name : {"hero", "footer"}) {
      const auto found = db_.current(name, user);
      const ImageRecord* expected = nullptr;
      for (const auto& [id, image] : model_.images) {
        if (image.user.str() == user && image.name && image.name->name == name && model_.is_current(image)) {
          expected = &image;
        }
      }
      CHECK(found.has_value() == (expected != nullptr));
      if (found && expected) CHECK((found->id == expected->id));
    }
  }

  void compare_day(const std::string& user, const std::string& day, const DayCounters& expected) {
    const auto found =
        db_.look([&](const Session& session) { return session.counters().by_day(user_id(user), day, day); });
    REQUIRE(found->size() == 1);
    CHECK(found->front().added == expected.added);
    CHECK(found->front().added_bytes == expected.added_bytes);
    CHECK(found->front().removed == expected.removed);
    CHECK(found->front().removed_bytes == expected.removed_bytes);
  }

  ContractDatabase& db_;
  std::mt19937 random_;
  Model model_;
  std::vector<ImageId> ids_;
  std::map<std::string, std::uint64_t> last_change_;
};

TEST_CASE("after any sequence of changes the database agrees with a simple model of it") {
  const unsigned seed = GENERATE(1u, 2u, 3u, 4u);
  ContractDatabase db(GENERATE(from_range(backends())));
  CAPTURE(seed);
  RandomWalk walk(db, seed);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 40; ++i) walk.step();
    walk.compare();
    if (round == 5) db.reopen();
  }
}

}  // namespace
}  // namespace lightfast::test
