// Cleanups that nobody asked for: at their time, made up for, held back, and where the disk runs low.
#include "server/lifecycle/scheduler.h"

#include <catch2/catch.hpp>

#include "tests/lifecycle/store.h"

namespace lightfast::lifecycle {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

// A server on one store: constructing it is a start.
struct Server {
  explicit Server(test::Store& s) : store(s) {}

  test::Store& store;
  RetentionLimits limits{.rule = {.max_age_days = 90}, .min_free_bytes = 1000};
  std::optional<std::chrono::minutes> time_of_day = 3h + 30min;
  std::stop_source stopping;
  std::unique_ptr<Cleaner> cleaner;
  std::unique_ptr<Scheduler> scheduler;

  void start() {
    cleaner = std::make_unique<Cleaner>(*store.database, store.room, *store.eraser, *store.accesses, store.clock,
                                        store.log, limits);
    scheduler = std::make_unique<Scheduler>(*cleaner, store.room, *store.database, store.clock, store.log, store.alerts,
                                            Scheduler::Options{time_of_day, [](Timestamp) { return 0s; }});
    step();
  }
  void step() { scheduler->step(stopping.get_token()); }
  void run_for(std::chrono::seconds time) {
    for (; time > 0s; time -= 5min) {
      store.clock.advance(std::min<std::chrono::seconds>(time, 5min));
      step();
    }
  }
  std::vector<db::CleanupRun> past() {
    return store.read([](const db::Session& session) { return session.cleanup_runs().latest(100); }).value();
  }
};

TEST_CASE("each night there is one cleanup, recorded as the daily one") {
  test::Store store;
  Server server(store);
  server.start();
  CHECK(server.past().empty());
  server.run_for(17h + 25min);
  CHECK(server.past().empty());
  server.run_for(5min);
  REQUIRE(server.past().size() == 1);
  CHECK(server.past()[0].trigger == "daily");
  server.run_for(5 * 24h);
  CHECK(server.past().size() == 6);
}

TEST_CASE("a cleanup that was missed by more than a day is made up at the start, once") {
  test::Store store;
  Server first(store);
  first.start();
  const auto image = store.add("old");
  first.run_for(20h);
  REQUIRE(first.past().size() == 1);
  store.clock.advance(days(100));  // nobody runs

  Server second(store);
  second.start();
  CHECK(second.past().size() == 2);
  CHECK(store.find(image.id)->deleted_at);
  second.run_for(1h);
  CHECK(second.past().size() == 2);
}

TEST_CASE("a store that was never cleaned up is no missed run") {
  test::Store store;
  store.add("old");
  store.clock.advance(days(100));
  Server server(store);
  server.start();
  CHECK(server.past().empty());
}

TEST_CASE("a clock that jumps while the server runs takes nothing, until it has run steadily for an hour") {
  test::Store store;
  Server server(store);
  server.start();
  const auto image = store.add("image");
  server.run_for(2h);
  store.clock.set(store.clock.now() + days(400));
  server.run_for(55min);
  CHECK(server.past().empty());
  CHECK_FALSE(store.find(image.id)->deleted_at);
  server.run_for(10min);
  CHECK(server.past().size() == 1);
  CHECK(store.find(image.id)->deleted_at);
}

TEST_CASE("a clock that jumps and is put right again within the hour has taken nothing") {
  test::Store store;
  Server server(store);
  server.start();
  const auto image = store.add("image");
  server.run_for(2h);
  for (const auto by : {days(400), days(1), days(2), days(10'000)}) {
    store.clock.set(store.clock.now() + by);
    server.run_for(30min);
    store.clock.set(store.clock.now() - by);
    server.run_for(2h);
  }
  CHECK(server.past().empty());
  CHECK_FALSE(store.find(image.id)->deleted_at);
}

TEST_CASE("a server that starts with a clock before its newest image waits an hour") {
  test::Store store;
  Server first(store);
  first.start();
  store.add("image");
  store.clock.set(*parse_iso8601("1970-01-01T03:00:00Z"));
  Server second(store);
  second.start();
  second.run_for(55min);
  CHECK(second.past().empty());
  second.run_for(10min);
  CHECK(second.past().size() == 1);
}

TEST_CASE("a server that was told to stop begins no cleanup") {
  test::Store store;
  Server server(store);
  server.start();
  server.stopping.request_stop();
  server.run_for(48h);
  CHECK(server.past().empty());
}

TEST_CASE("with little free disk the trash goes at once, also where the daily cleanup is off") {
  test::Store store;
  Server server(store);
  server.time_of_day.reset();
  const auto image = store.add("image");
  store.remove(image.id);
  server.start();
  CHECK(store.has_file(image));

  store.storage.set_free_bytes(1999);
  server.step();
  CHECK_FALSE(store.has_file(image));
  REQUIRE(server.past().size() == 1);
  CHECK(server.past()[0].trigger == "low_disk");
  CHECK(server.past()[0].taken.at("space").images == 1);
  const auto alerts = store.alerts.take();
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].kind == AlertKind::disk_low);
}

TEST_CASE("where hardly an inode is left the trash goes at once") {
  test::Store store;
  Server server(store);
  const auto image = store.add("image");
  store.remove(image.id);
  store.storage.set_space({.free_bytes = 1 << 20, .capacity_bytes = 1 << 30, .free_inodes = 31});
  server.start();
  CHECK_FALSE(store.has_file(image));
}

TEST_CASE("that new images are refused is alerted once and again when the reason changes") {
  test::Store store;
  Server server(store);
  const auto due = [&] {
    store.clock.advance(1h);
    return store.alerts.take();
  };
  server.limits.min_free_bytes = 0;
  server.start();
  CHECK(due().empty());
  store.storage.set_space({.free_bytes = 1 << 20, .capacity_bytes = 1 << 30, .is_read_only = true});
  server.step();
  server.step();
  const auto alerts = due();
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].kind == AlertKind::disk_unwritable);
  CHECK(alerts[0].times == 1);
  CHECK(alerts[0].detail.find("can only be read") != std::string::npos);

  store.storage.set_space({.free_bytes = 1 << 20, .capacity_bytes = 1 << 30, .free_inodes = 0});
  server.step();
  const auto later = due();
  REQUIRE(later.size() == 1);
  CHECK(later[0].kind == AlertKind::disk_low);
  CHECK(later[0].detail.find("inodes") != std::string::npos);
}

TEST_CASE("where nothing can be removed it is looked for now and then, and not recorded") {
  test::Store store;
  Server server(store);
  store.storage.set_free_bytes(1500);
  server.start();
  const auto image = store.add("image");
  store.remove(image.id);
  server.run_for(59s);
  CHECK(store.has_file(image));
  server.run_for(1s);
  CHECK_FALSE(store.has_file(image));
  CHECK(server.past().size() == 1);
}

TEST_CASE("while the clock is not believed the disk is kept from filling up all the same") {
  test::Store store;
  Server server(store);
  server.start();
  const auto image = store.add("image");
  store.remove(image.id);
  const auto living = store.add("living");
  store.clock.set(store.clock.now() - days(400));
  store.storage.set_free_bytes(1500);
  server.step();
  CHECK_FALSE(store.has_file(image));
  CHECK(store.has_file(living));
}

}  // namespace
}  // namespace lightfast::lifecycle
