// What nobody has read for a month is read, and what rotted meanwhile is found.
#include "server/lifecycle/scrub.h"

#include <catch2/catch.hpp>

#include "server/lifecycle/pace.h"
#include "tests/lifecycle/store.h"
#include "tests/support/catch_result.h"

namespace lightfast::lifecycle {
namespace {

using std::chrono::days;
using storage::Aside;

struct ScrubbedStore : test::Store {
  Scrub scrub{*database, storage, *mender, clock, log};
  std::stop_source stopping;

  // How many bytes were read.
  std::size_t run(std::size_t most = 1'000'000) {
    std::size_t read = 0;
    const auto pace = [&](std::size_t bytes) { return (read += bytes) < most; };
    REQUIRE(scrub.run(pace, stopping.get_token()));
    REQUIRE(change([](db::Session&) { return Result<void>(); }));  // what was noted is written
    return read;
  }
};

TEST_CASE("a young store has nothing to scrub, an old one is read once a month") {
  ScrubbedStore store;
  store.add("four");
  store.clock.advance(days(29));
  const auto trashed = store.add("younger");
  store.remove(trashed.id);
  CHECK(store.run() == 0);
  store.clock.advance(days(2));
  CHECK(store.run() == 4);
  CHECK(store.run() == 0);
  store.clock.advance(days(31));
  CHECK(store.run() == 11);
}

TEST_CASE("rot is set aside and its image marked before anybody is served it") {
  ScrubbedStore store;
  const auto rotten = store.add("rotten");
  const auto whole = store.add("whole");
  store.storage.rot({rotten.file_key});
  store.clock.advance(days(31));
  CHECK(store.run() == 11);
  CHECK(store.find(rotten.id)->damaged_at);
  CHECK_FALSE(store.find(rotten.id)->deleted_at);
  CHECK(store.storage.is_aside({rotten.file_key}, Aside::quarantine));
  CHECK_FALSE(store.find(whole.id)->damaged_at);
  CHECK(store.run() == 0);
}

TEST_CASE("a file that is gone is noticed, one being removed is none of the scrub's business") {
  ScrubbedStore store;
  const auto gone = store.add("gone");
  const auto purging = store.add("purging");
  REQUIRE(store.change([&](db::Session& s) { return s.images().begin_purge(purging.id, store.clock.now()); }));
  for (const auto& image : {gone, purging}) REQUIRE(store.storage.remove({image.file_key}));
  store.clock.advance(days(31));
  store.run();
  CHECK(store.find(gone.id)->damaged_at);
  CHECK_FALSE(store.find(purging.id)->damaged_at);
}

TEST_CASE("a scrub that is cut off goes on where it was") {
  ScrubbedStore store;
  for (int i = 0; i < 5; ++i) {
    store.add("abc" + std::to_string(i));
    store.clock.advance(days(1));
  }
  store.clock.advance(days(31));
  CHECK(store.run(8) == 8);  // the second is not finished
  CHECK(store.run() == 16);
  store.clock.advance(days(31));
  store.stopping.request_stop();
  CHECK(store.run() == 0);
}

TEST_CASE("a pace ends its waiting when it is told to stop") {
  std::stop_source stopping;
  Pace quick(1'000'000'000'000, stopping.get_token());
  CHECK(quick(1'000));
  stopping.request_stop();
  Pace slow(1, stopping.get_token());
  CHECK_FALSE(slow(1'000'000));
}

TEST_CASE("a pace lets no more small files through than it counts bytes for") {
  using std::chrono::steady_clock;
  Pace pace(100 * Pace::least_counted, std::stop_token());
  const auto began = steady_clock::now();
  for (int i = 0; i < 5; ++i) REQUIRE(pace(1));
  CHECK(steady_clock::now() - began >= std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace lightfast::lifecycle
