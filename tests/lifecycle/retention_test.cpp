// The rules of a cleanup, one by one.
#include "server/lifecycle/retention.h"

#include <catch2/catch.hpp>

#include "tests/lifecycle/model_records.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

namespace lightfast::lifecycle {
namespace {

using namespace std::chrono_literals;
using test::ModelRecords;

constexpr std::chrono::days day{1};

struct Cleanup {
  ModelRecords records;
  RetentionLimits limits;
  RetentionScope scope;
  test::ManualClock clock;
  IdGenerator ids{clock};
  std::uint64_t free_bytes = 1ull << 40;
  std::uint64_t free_inodes = 1ull << 40;

  // Made and read so long ago.
  db::ImageRecord& add(std::chrono::milliseconds ago, const std::string& user = "ana", std::uint64_t bytes = 100) {
    const Timestamp made = clock.now() - ago;
    db::ImageRecord image{.id = ids.next_image_id(), .user = *UserId::parse(user)};
    image.file_size = bytes;
    image.created_at = image.renewed_at = image.accessed_at = made;
    records.records.push_back(image);
    return records.records.back();
  }

  db::ImageRecord& add_version(std::uint32_t version, std::chrono::milliseconds ago, bool is_current = false) {
    db::ImageRecord& image = add(ago);
    image.name = db::ImageName{"articles", "hero"};
    image.version = version;
    image.is_current = is_current;
    return image;
  }

  std::vector<Decision> decisions() {
    auto plan =
        plan_retention(records, records, limits, scope, {clock.now(), records.stored_bytes(), free_bytes, free_inodes});
    REQUIRE(plan);
    std::vector<Decision> all;
    for (std::size_t i = 0; i < plan->size(); ++i) all.push_back(plan->at(i));
    return all;
  }

  // "ttl:1 space:0" with the images' places in `records`, in the order in which they are taken.
  std::string taken() {
    std::string text;
    for (const auto& decision : decisions()) {
      const auto found = std::find_if(records.records.begin(), records.records.end(),
                                      [&](const auto& image) { return image.id == decision.id; });
      text += (text.empty() ? "" : " ") + std::string(to_string(decision.reason)) + ":" +
              std::to_string(found - records.records.begin());
    }
    return text;
  }
};

TEST_CASE("without limits nothing is ever taken") {
  Cleanup cleanup;
  cleanup.add(10000 * day);
  CHECK(cleanup.taken().empty());
}

TEST_CASE("trash goes for good when its days are over, whatever its age or pin") {
  Cleanup cleanup;
  cleanup.limits.rule.trash_days = 7;
  cleanup.add(100 * day).deleted_at = cleanup.clock.now() - 7 * day;
  cleanup.add(100 * day).deleted_at = cleanup.clock.now() - 7 * day + 1ms;
  auto& pinned = cleanup.add(100 * day);
  pinned.deleted_at = cleanup.clock.now() - 8 * day;
  pinned.pinned = true;
  CHECK(cleanup.taken() == "trash:2 trash:0");
  CHECK(cleanup.decisions()[0].fate == Fate::for_good);
}

TEST_CASE("age counts from the last renewal and spares what is pinned") {
  Cleanup cleanup;
  cleanup.limits.rule.max_age_days = 90;
  cleanup.add(90 * day);
  cleanup.add(90 * day - 1ms);
  cleanup.add(200 * day).renewed_at = cleanup.clock.now() - 2 * day;
  cleanup.add(200 * day).pinned = true;
  CHECK(cleanup.taken() == "ttl:0");
  CHECK(cleanup.decisions()[0].fate == Fate::to_trash);
}

TEST_CASE("the time that a caller asked for holds without any limit") {
  Cleanup cleanup;
  cleanup.add(5 * day).expires_at = cleanup.clock.now();
  cleanup.add(5 * day).expires_at = cleanup.clock.now() + 1ms;
  CHECK(cleanup.taken() == "ttl:0");
}

TEST_CASE("an image younger than a day is taken by its user's limit alone") {
  Cleanup cleanup;
  cleanup.limits.storage_max_bytes = 1;
  cleanup.add(23h).expires_at = cleanup.clock.now() - 1h;
  cleanup.add(22h);
  CHECK(cleanup.taken().empty());
  cleanup.limits.storage_max_bytes = 0;
  cleanup.limits.rule.per_user_images = 1;
  CHECK(cleanup.taken() == "user_limit:0");
}

TEST_CASE("with a trash of no days what is taken is taken for good") {
  Cleanup cleanup;
  cleanup.limits.rule.max_age_days = 1;
  cleanup.limits.rule.trash_days = 0;
  cleanup.add(3 * day);
  CHECK(cleanup.decisions()[0].fate == Fate::for_good);
}

TEST_CASE("only the newest versions of a name stay, and the current one wherever it stands") {
  Cleanup cleanup;
  cleanup.limits.rule.keep_versions = 2;
  cleanup.add_version(1, 50 * day);
  cleanup.add_version(2, 40 * day, true);
  cleanup.add_version(3, 30 * day);
  cleanup.add_version(4, 20 * day);
  cleanup.add_version(5, 10 * day);
  CHECK(cleanup.taken() == "version:0 version:2");
}

TEST_CASE("a version that age takes in the same cleanup makes room for an older one") {
  Cleanup cleanup;
  cleanup.limits.rule.keep_versions = 2;
  cleanup.add_version(1, 50 * day);
  cleanup.add_version(2, 40 * day);
  cleanup.add_version(3, 30 * day).expires_at = cleanup.clock.now() - 1h;
  cleanup.add_version(4, 20 * day, true);
  CHECK(cleanup.taken() == "ttl:2 version:0");
}

TEST_CASE("over a user's limit old versions go first, then the least recently accessed") {
  Cleanup cleanup;
  cleanup.limits.rule.per_user_images = 2;
  cleanup.add(50 * day);
  cleanup.add(40 * day).accessed_at = cleanup.clock.now();
  cleanup.add_version(1, 30 * day);
  cleanup.add_version(2, 20 * day, true);
  cleanup.add(50 * day, "ben");
  CHECK(cleanup.taken() == "user_limit:2 user_limit:0");
}

TEST_CASE("pinned images count towards a limit but are not taken") {
  Cleanup cleanup;
  cleanup.limits.rule.per_user_bytes = 150;
  cleanup.add(50 * day).pinned = true;
  cleanup.add(40 * day).pinned = true;
  cleanup.add(30 * day);
  CHECK(cleanup.taken() == "user_limit:2");
}

TEST_CASE("a user's own limit goes before the configuration's") {
  Cleanup cleanup;
  cleanup.limits.rule.per_user_images = 1;
  cleanup.add(3 * day);
  cleanup.add(2 * day);
  cleanup.records.own_limits[*UserId::parse("ana")] = {.images = 5};
  CHECK(cleanup.taken().empty());
  cleanup.limits.rule.per_user_images = 0;
  cleanup.records.own_limits[*UserId::parse("ana")] = {.images = 1};
  CHECK(cleanup.taken() == "user_limit:0");
}

TEST_CASE("where new images are refused, old ones are not evicted for a limit") {
  Cleanup cleanup;
  cleanup.limits.rule.per_user_images = 1;
  cleanup.limits.rule.reject_over_limit = true;
  cleanup.add(3 * day);
  cleanup.add(2 * day);
  CHECK(cleanup.taken().empty());
}

TEST_CASE("for space the oldest trash goes first, then the least recently accessed, down to nine tenths") {
  Cleanup cleanup;
  cleanup.limits.storage_max_bytes = 1000;
  cleanup.add(9 * day, "ana", 100).deleted_at = cleanup.clock.now() - 1 * day;
  cleanup.add(9 * day, "ana", 100).deleted_at = cleanup.clock.now() - 2 * day;
  cleanup.add(8 * day, "ben", 500).accessed_at = cleanup.clock.now() - 1h;
  cleanup.add(7 * day, "ana", 400);
  CHECK(cleanup.taken() == "space:1 space:0");
  cleanup.records.records[2].file_size = 501;
  CHECK(cleanup.taken() == "space:1 space:0 space:3");
  for (const auto& decision : cleanup.decisions()) CHECK(decision.fate == Fate::for_good);
  cleanup.records.records[2].file_size = 400;
  CHECK(cleanup.taken().empty());
}

TEST_CASE("where the disk runs low images go though the store is not full") {
  Cleanup cleanup;
  cleanup.limits.min_free_bytes = 1000;
  cleanup.add(9 * day, "ana", 600);
  cleanup.add(8 * day, "ana", 600);
  cleanup.add(7 * day, "ana", 600);
  cleanup.free_bytes = 2000;
  CHECK(cleanup.taken().empty());
  cleanup.free_bytes = 1999;
  CHECK(cleanup.taken() == "space:0 space:1");
}

TEST_CASE("where hardly an inode is left images go though there are bytes enough") {
  Cleanup cleanup;
  for (int i = 0; i < 30; ++i) cleanup.add((40 - i) * day);
  cleanup.free_inodes = 32;
  CHECK(cleanup.taken().empty());
  cleanup.free_inodes = 31;
  CHECK(cleanup.decisions().size() == 17);
  CHECK(cleanup.taken().starts_with("space:0 space:1 "));
}

TEST_CASE("what goes for other reasons counts for the inodes that are needed") {
  Cleanup cleanup;
  cleanup.limits.rule.max_age_days = 35;
  cleanup.limits.rule.trash_days = 0;
  for (int i = 0; i < 30; ++i) cleanup.add((40 - i) * day);
  cleanup.free_inodes = 41;
  CHECK(cleanup.decisions().size() == 6);
  cleanup.free_inodes = 31;
  CHECK(cleanup.decisions().size() == 17);
}

TEST_CASE("with a cache in front eviction goes by age") {
  Cleanup cleanup;
  cleanup.limits.rule.per_user_images = 1;
  cleanup.limits.rule.order = images::EvictionOrder::oldest;
  cleanup.add(9 * day).accessed_at = cleanup.clock.now();
  cleanup.add(8 * day);
  CHECK(cleanup.taken() == "user_limit:0");
}

TEST_CASE("what would go to the trash goes for good where the space is needed") {
  Cleanup cleanup;
  cleanup.limits.rule.max_age_days = 10;
  cleanup.limits.storage_max_bytes = 100;
  cleanup.add(20 * day, "ana", 60);
  cleanup.add(2 * day, "ana", 60);
  CHECK(cleanup.taken() == "space:0");
}

TEST_CASE("a scope leaves everybody else alone and takes nothing for space") {
  Cleanup cleanup;
  cleanup.limits.storage_max_bytes = 1;
  cleanup.scope.user = *UserId::parse("ben");
  cleanup.scope.older_than_days = 5;
  cleanup.add(9 * day, "ana");
  cleanup.add(9 * day, "ben");
  cleanup.add(4 * day, "ben");
  CHECK(cleanup.taken() == "ttl:1");
  cleanup.scope.collection = "articles";
  CHECK(cleanup.taken().empty());
}

TEST_CASE("what was planned is left alone if it no longer holds") {
  Cleanup cleanup;
  cleanup.limits.rule.max_age_days = 10;
  db::ImageRecord image = cleanup.add(20 * day);
  const Timestamp now = cleanup.clock.now();
  const auto due = [&](Reason reason) {
    return is_still_due({image.id, image.user, reason, 1, Fate::to_trash}, image, cleanup.limits, cleanup.scope, now);
  };
  for (const Reason reason : {Reason::ttl, Reason::version, Reason::user_limit, Reason::space}) CHECK(due(reason));
  CHECK_FALSE(due(Reason::trash));
  image.accessed_at = now + 1ms;
  CHECK_FALSE(due(Reason::space));
  CHECK_FALSE(due(Reason::user_limit));
  image.is_current = true;
  CHECK_FALSE(due(Reason::version));
  image.renewed_at = now;
  CHECK_FALSE(due(Reason::ttl));
  image.deleted_at = now;
  CHECK(due(Reason::trash));
  CHECK(due(Reason::space));
}

}  // namespace
}  // namespace lightfast::lifecycle
