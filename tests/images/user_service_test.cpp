// A user's limits, and everything of a user removed: at once, in small steps, beside others.
#include "server/images/user_service.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/lifecycle/store.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::images {
namespace {

constexpr std::chrono::days day{1};

struct Users : test::Store {
  RetentionRule rule;
  std::stop_source stopping;
  Workers readers{"read", 2, 100};
  Workers writers{"write", 2, 100};
  const UserId ana = *UserId::parse("ana");
  const UserId bob = *UserId::parse("bob");

  UserService service() {
    return UserService(*database, *eraser, readers, writers, clock, log, rule, stopping.get_token());
  }
  Result<RemovalReport> try_removing(const UserId& user, const std::string& collection, RemovalMode mode) {
    UserService users = service();
    return test::run_task(users.remove_all(user, collection, mode));
  }
  RemovalReport remove_all(const UserId& user, const std::string& collection, RemovalMode mode) {
    auto report = try_removing(user, collection, mode);
    REQUIRE(report);
    return *report;
  }
  db::UserTotals totals(const UserId& user) {
    return read([&](const db::Session& session) { return session.users().totals(user); }).value();
  }
  // Many at once, in one transaction.
  std::vector<db::ImageRecord> add_many(int count) {
    std::vector<db::ImageRecord> images;
    const auto first = add("first");
    for (int i = 0; i < count; ++i) {
      db::ImageRecord image = first;
      image.id = ids.next_image_id();
      image.sha256 = sha256(std::to_string(i));
      image.file_key = "ana/" + image.id.str() + ".png";
      images.push_back(image);
    }
    change([&](db::Session& session) -> Result<void> {
      for (const auto& image : images) {
        if (auto inserted = session.images().insert(image); !inserted) return inserted.error();
      }
      return {};
    }).value();
    return images;
  }
};

TEST_CASE("everything of a user goes to the trash and can be restored, others' images stay") {
  Users store;
  const auto one = store.add("one");
  const auto named = store.add_version("two", "hero");
  const auto others = store.add("one", "bob");
  store.change([&](db::Session& session) { return session.images().set_pinned(one.id, true); }).value();

  const RemovalReport report = store.remove_all(store.ana, "", RemovalMode::to_trash);
  CHECK(report.removed == 2);
  CHECK(report.purged == 0);
  CHECK(report.bytes == 6);
  CHECK(report.restorable_until == store.clock.now() + 7 * day);
  CHECK(store.find(one.id)->deleted_at);
  CHECK(store.find(named.id)->deleted_at);
  CHECK_FALSE(store.find(others.id)->deleted_at);
  CHECK(store.has_file(one));
  CHECK(store.change([&](db::Session& session) { return session.images().restore(one.id, store.clock.now()); }));
}

TEST_CASE("of a collection only that collection goes") {
  Users store;
  const auto plain = store.add("plain");
  const auto named = store.add_version("one", "hero");
  const auto older = store.add_version("two", "hero");
  const RemovalReport report = store.remove_all(store.ana, "articles", RemovalMode::to_trash);
  CHECK(report.removed == 2);
  CHECK_FALSE(store.find(plain.id)->deleted_at);
  CHECK(store.find(named.id)->deleted_at);
  CHECK(store.find(older.id)->deleted_at);
  CHECK(store.remove_all(store.ana, "no-such", RemovalMode::to_trash).removed == 0);
}

TEST_CASE("for good means rows and files, what lay in the trash too") {
  Users store;
  const auto trashed = store.add("trashed");
  store.remove(trashed.id);
  const auto living = store.add("living");
  const auto others = store.add("living", "bob");
  const RemovalReport report = store.remove_all(store.ana, "", RemovalMode::for_good);
  CHECK(report.removed == 1);
  CHECK(report.purged == 2);
  CHECK(report.bytes == 13);
  CHECK_FALSE(report.restorable_until);
  for (const auto& image : {trashed, living}) {
    CHECK_FALSE(store.find(image.id));
    CHECK_FALSE(store.has_file(image));
  }
  CHECK(store.has_file(others));
  CHECK(store.totals(store.ana).images == 0);
  CHECK(store.totals(store.ana).trash_bytes == 0);
}

TEST_CASE("with no days of trash everything goes for good, asked for or not") {
  Users store;
  store.rule.trash_days = 0;
  const auto image = store.add("image");
  const RemovalReport report = store.remove_all(store.ana, "", RemovalMode::to_trash);
  CHECK(report.purged == 1);
  CHECK_FALSE(report.restorable_until);
  CHECK_FALSE(store.find(image.id));
}

TEST_CASE("two thousand images go in one call, and a second call finds nothing") {
  Users store;
  store.add_many(1999);
  const RemovalReport trashed = store.remove_all(store.ana, "", RemovalMode::to_trash);
  CHECK(trashed.removed == 2000);
  CHECK(store.totals(store.ana).images == 0);
  CHECK(store.totals(store.ana).trash_images == 2000);
  CHECK(store.remove_all(store.ana, "", RemovalMode::to_trash).removed == 0);
  CHECK(store.remove_all(store.ana, "", RemovalMode::for_good).purged == 2000);
  CHECK(store.totals(store.ana).trash_images == 0);
  CHECK(store.remove_all(store.ana, "", RemovalMode::for_good).purged == 0);
}

TEST_CASE("what was stored meanwhile does not keep a removal going for ever") {
  Users store;
  store.add_many(999);
  std::jthread uploading([&](const std::stop_token& stop) {
    for (int i = 0; !stop.stop_requested(); ++i) {
      store.clock.advance(std::chrono::milliseconds(1));
      store.add("later " + std::to_string(i));
    }
  });
  const RemovalReport report = store.remove_all(store.ana, "", RemovalMode::for_good);
  CHECK(report.removed >= 1000);
  uploading.request_stop();
  uploading.join();
  const auto left = store.totals(store.ana).images;
  CHECK(store.remove_all(store.ana, "", RemovalMode::to_trash).removed == left);
}

TEST_CASE("a removal that is stopped says how far it came, and the next one goes on") {
  Users store;
  store.add("image");
  store.stopping.request_stop();
  const auto stopped = store.try_removing(store.ana, "", RemovalMode::to_trash);
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::overloaded);
  CHECK(stopped.error().retry_after);
  store.stopping = std::stop_source();
  CHECK(store.remove_all(store.ana, "", RemovalMode::to_trash).removed == 1);
}

TEST_CASE("while files are held back everything is gone from its URLs for good, and the files follow with a cleanup") {
  Users store;
  const auto image = store.add("image");
  const auto hold = store.gate.hold();
  CHECK(store.remove_all(store.ana, "", RemovalMode::for_good).purged == 1);
  CHECK(store.has_file(image));
  CHECK_FALSE(
      store.change([&](db::Session& session) { return session.images().restore(image.id, store.clock.now()); }));
  const auto unfinished = store.read([](const db::Session& session) { return session.retention().purging({}); });
  CHECK(unfinished->size() == 1);
}

TEST_CASE("a user's own limits are kept, zero among them, and given back") {
  Users store;
  UserService users = store.service();
  const auto limits = [&] {
    const auto totals = store.totals(store.ana);
    return std::pair(totals.limit_images, totals.limit_bytes);
  };
  using Limit = std::optional<std::uint64_t>;
  OwnLimits own{5, 0};
  REQUIRE(test::run_task(users.set_limits(store.ana, own)));
  CHECK(limits() == std::pair(Limit(5), Limit(0)));
  own = {};
  REQUIRE(test::run_task(users.set_limits(store.ana, own)));
  CHECK(limits() == std::pair(Limit(), Limit()));
}

}  // namespace
}  // namespace lightfast::images
