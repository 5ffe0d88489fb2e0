// A cleanup carried out: what goes where, what an interruption leaves, and who may come between.
#include "server/lifecycle/cleaner.h"

#include <catch2/catch.hpp>
#include <thread>

#include "tests/lifecycle/store.h"
#include "tests/support/catch_result.h"

namespace lightfast::lifecycle {
namespace {

constexpr std::chrono::days day{1};

struct CleanedStore : test::Store {
  RetentionLimits limits;
  CleanupOptions options;
  std::stop_source stopping;

  CleanupReport clean() {
    Progress progress;
    Cleaner cleaner(*database, room, *eraser, *accesses, clock, log, limits);
    auto report = cleaner.run(options, progress, stopping.get_token());
    REQUIRE(report);
    return std::move(*report);
  }
  std::vector<db::CleanupRun> past() {
    return read([](const db::Session& session) { return session.cleanup_runs().latest(10); }).value();
  }
};

TEST_CASE("what is past its time goes to the trash, and after the trash's days for good") {
  CleanedStore store;
  store.limits.rule.max_age_days = 30;
  store.limits.rule.trash_days = 7;
  const auto image = store.add("old");
  store.clock.advance(30 * day);
  const auto young = store.add("young");

  CleanupReport report = store.clean();
  CHECK(report.sums[Reason::ttl].images == 1);
  CHECK(report.sums[Reason::ttl].bytes == 3);
  CHECK(store.find(image.id)->deleted_at);
  CHECK(store.has_file(image));
  CHECK_FALSE(store.find(young.id)->deleted_at);

  store.clock.advance(7 * day);
  report = store.clean();
  CHECK(report.sums[Reason::trash].images == 1);
  CHECK_FALSE(store.find(image.id));
  CHECK_FALSE(store.has_file(image));
  CHECK(store.has_file(young));
}

TEST_CASE("what a clock that was not set dated is as old as the first cleanup after it") {
  CleanedStore store;
  store.limits.rule.max_age_days = 30;
  store.limits.rule.trash_days = 7;
  const Timestamp right = store.clock.now();
  store.clock.set(Timestamp(std::chrono::hours(1)));
  const auto image = store.add("image");
  const auto removed = store.add("removed");
  REQUIRE(store.change([&](db::Session& session) { return session.images().remove(removed.id, store.clock.now()); }));
  CHECK(store.clean().taken.size() == 0);

  store.clock.set(right);
  store.options.mode = CleanupOptions::Mode::dry_run;
  CHECK(store.clean().taken.size() == 0);
  store.options.mode = CleanupOptions::Mode::carry_out;
  CHECK(store.clean().taken.size() == 0);
  CHECK(store.find(image.id)->accessed_at == right);

  store.clock.advance(7 * day);
  CHECK(store.clean().taken.size() == 1);
  CHECK_FALSE(store.find(removed.id));
  store.clock.advance(23 * day);
  CHECK(store.clean().sums[Reason::ttl].images == 1);
  CHECK(store.find(image.id)->deleted_at);
}

TEST_CASE("a dry run says what a cleanup would take, and takes nothing") {
  CleanedStore store;
  store.limits.rule.per_user_images = 1;
  store.limits.rule.trash_days = 0;
  for (int i = 0; i < 5; ++i) store.add("image " + std::to_string(i));
  store.options.mode = CleanupOptions::Mode::dry_run;
  const CleanupReport dry = store.clean();
  CHECK(dry.taken.size() == 4);
  CHECK(store.past().empty());

  store.options.mode = CleanupOptions::Mode::carry_out;
  const CleanupReport real = store.clean();
  REQUIRE(real.taken.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(real.taken.at(i).id == dry.taken.at(i).id);
    CHECK(real.taken.at(i).reason == Reason::user_limit);
    CHECK_FALSE(store.find(real.taken.at(i).id));
  }
  CHECK(store.clean().taken.size() == 0);
}

TEST_CASE("a dry run can look ahead, a real one cannot") {
  CleanedStore store;
  store.limits.rule.max_age_days = 30;
  store.add("image");
  store.options.as_of = store.clock.now() + 30 * day;
  store.options.mode = CleanupOptions::Mode::dry_run;
  CHECK(store.clean().sums[Reason::ttl].images == 1);
  store.options.mode = CleanupOptions::Mode::carry_out;
  Progress progress;
  Cleaner cleaner(*store.database, store.room, *store.eraser, *store.accesses, store.clock, store.log, store.limits);
  const auto refused = cleaner.run(store.options, progress, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::invalid_request);
}

TEST_CASE("an access that was not written yet counts") {
  CleanedStore store;
  store.limits.rule.per_user_images = 1;
  const auto read = store.add("read");
  store.clock.advance(2 * day);
  const auto unread = store.add("unread");
  store.clock.advance(2 * day);
  store.accesses->record(read.id, 4);
  store.clean();
  CHECK_FALSE(store.find(read.id)->deleted_at);
  CHECK(store.find(unread.id)->deleted_at);
}

TEST_CASE("what an interruption left half done is finished by the next cleanup") {
  CleanedStore store;
  const auto before_unlink = store.add("marked");
  const auto after_unlink = store.add("unlinked");
  for (const auto& image : {before_unlink, after_unlink}) {
    REQUIRE(store.change([&](db::Session& s) { return s.images().begin_purge(image.id, store.clock.now()); }));
  }
  REQUIRE(store.storage.remove({after_unlink.file_key}));
  CHECK(store.clean().sums[Reason::trash].images == 2);
  CHECK_FALSE(store.find(before_unlink.id));
  CHECK_FALSE(store.find(after_unlink.id));
  CHECK_FALSE(store.has_file(before_unlink));
}

TEST_CASE("a cleanup that is told to stop takes nothing more and says so") {
  CleanedStore store;
  store.limits.rule.per_user_images = 1;
  store.add("one");
  store.add("two");
  store.stopping.request_stop();
  const CleanupReport report = store.clean();
  CHECK_FALSE(report.complete);
  CHECK(report.taken.size() == 0);
}

TEST_CASE("while files are held back nothing is unlinked, and the cleanup goes on afterwards") {
  CleanedStore store;
  const auto image = store.add("image");
  store.remove(image.id);
  store.clock.advance(30 * day);
  std::optional<images::DeletionGate::Hold> hold(store.gate.hold());
  std::thread cleanup([&] { store.clean(); });
  CHECK(store.has_file(image));
  hold.reset();
  cleanup.join();
  CHECK_FALSE(store.has_file(image));
}

TEST_CASE("past cleanups are kept with what they took") {
  CleanedStore store;
  store.options.trigger = "daily";
  const auto image = store.add("image");
  store.remove(image.id);
  store.clock.advance(30 * day);
  store.clean();
  const auto runs = store.past();
  REQUIRE(runs.size() == 1);
  CHECK(runs[0].trigger == "daily");
  CHECK(runs[0].taken.at("trash").images == 1);
  CHECK(runs[0].taken.at("trash").bytes == 5);
}

TEST_CASE("more images than one transaction takes go in one cleanup") {
  CleanedStore store;
  store.limits.rule.per_user_images = 10;
  store.limits.rule.trash_days = 0;
  for (int i = 0; i < 260; ++i) store.add("image " + std::to_string(i));
  CHECK(store.clean().sums[Reason::user_limit].images == 250);
  const auto totals = store.read([](const db::Session& session) { return session.users().everybody(); });
  CHECK(totals->images == 10);
  CHECK(totals->trash_images == 0);
}

}  // namespace
}  // namespace lightfast::lifecycle
