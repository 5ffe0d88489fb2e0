#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <stdexcept>
#include <thread>

#include "tests/db/busy_writer.h"
#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;

TEST_CASE("among many changes of a group those that fail or throw are undone alone") {
  ContractDatabase db(GENERATE(from_range(backends())));
  constexpr int count = 30;
  BusyWriter writer(*db);
  std::vector<ImageRecord> images;
  std::vector<std::promise<Errc>> outcomes(count);
  for (int i = 0; i < count; ++i) {
    images.push_back(db.image("bytes " + std::to_string(i)));
    (*db).submit(
        [image = images.back(), i](Session& session) -> Result<void> {
          const auto inserted = session.images().insert(image);
          if (!inserted) return inserted.error();
          if (i % 10 == 3) return Error{Errc::user_limit, "over the limit"};
          if (i % 10 == 7) throw std::runtime_error("a broken invariant");
          return {};
        },
        [&, i](Result<void> outcome) { outcomes[i].set_value(outcome ? Errc::conflict : outcome.error().code); });
  }
  writer.let_go();
  for (int i = 0; i < count; ++i) {
    const Errc expected = i % 10 == 3 ? Errc::user_limit : i % 10 == 7 ? Errc::internal : Errc::conflict;
    CHECK(outcomes[i].get_future().get() == expected);
    CHECK(db.find(images[i].id).has_value() == (expected == Errc::conflict));
  }
  CHECK(db.totals().images == count * 8 / 10);
}

TEST_CASE("a change that failed in the middle leaves nothing of itself") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord kept = db.add(db.image("kept"));
  const ImageRecord refused = db.image("refused");
  const auto outcome = db.change([&](Session& session) -> Result<void> {
    REQUIRE(session.images().insert(refused));
    REQUIRE(session.images().remove(kept.id, db.now()));
    return session.images().purge(refused.id);
  });
  CHECK(outcome.error().code == Errc::conflict);
  CHECK_FALSE(db.find(kept.id)->deleted_at);
  CHECK_FALSE(db.find(refused.id));
  CHECK(db.totals().images == 1);
  CHECK(db.changes().size() == 1);
}

TEST_CASE("changes run in the order of their submission") {
  ContractDatabase db(GENERATE(from_range(backends())));
  BusyWriter writer(*db);
  std::vector<int> ran;
  for (int i = 0; i < 600; ++i) {
    (*db).submit(
        [&ran, i](Session&) -> Result<void> {
          ran.push_back(i);
          return {};
        },
        [](Result<void>) {});
  }
  writer.let_go();
  db.change([](Session&) -> Result<void> { return {}; });
  REQUIRE(ran.size() == 600);
  CHECK(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("more changes than may wait are refused at once and leave no trace") {
  ContractDatabase db(GENERATE(from_range(backends())));
  BusyWriter writer(*db);
  std::atomic<int> done = 0, refused = 0, ran = 0;
  constexpr int count = 10'100;
  for (int i = 0; i < count; ++i) {
    (*db).submit(
        [&](Session&) -> Result<void> {
          ++ran;
          return {};
        },
        [&](Result<void> outcome) {
          if (!outcome && outcome.error().code == Errc::overloaded && outcome.error().retry_after) ++refused;
          ++done;
        });
  }
  CHECK(refused == 100);
  writer.let_go();
  db.reopen();
  CHECK(done == count);
  CHECK(ran == count - 100);
}

TEST_CASE("a database that closes finishes what was submitted") {
  ContractDatabase db(GENERATE(from_range(backends())));
  constexpr int count = 500;
  std::atomic<int> durable = 0;
  for (int i = 0; i < count; ++i) {
    (*db).submit(
        [image = db.image("bytes " + std::to_string(i))](Session& session) -> Result<void> {
          const auto inserted = session.images().insert(image);
          if (!inserted) return inserted.error();
          return {};
        },
        [&](Result<void> outcome) { durable += outcome ? 1 : 0; });
  }
  db.reopen();
  CHECK(durable == count);
  CHECK(db.totals().images == count);
}

TEST_CASE("a look keeps its view of the database while others change it") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  const auto outcome = db.look([&](const Session& session) -> Result<std::uint64_t> {
    REQUIRE(session.images().find(image.id)->has_value());
    REQUIRE(db.remove(image.id));
    CHECK_FALSE(session.images().find(image.id).value()->deleted_at);
    return session.users().totals(user_id("ana"))->images;
  });
  CHECK(*outcome == 1);
  CHECK(db.totals().images == 0);
}

TEST_CASE("many threads look at once, each seeing what was committed before it came") {
  ContractDatabase db(GENERATE(from_range(backends())));
  std::atomic<std::uint64_t> committed = 0;
  std::atomic<bool> over = false;
  std::atomic<int> stale = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 20; ++i) {
    readers.emplace_back([&] {
      while (!over) {
        const std::uint64_t expected = committed;
        const auto totals = db.look([](const Session& session) { return session.users().totals(user_id("ana")); });
        if (!totals || totals->images < expected) ++stale;
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    db.add(db.image("bytes " + std::to_string(i)));
    ++committed;
  }
  over = true;
  for (auto& reader : readers) reader.join();
  CHECK(stale == 0);
}

TEST_CASE("the error of a look is handed on") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto outcome = db.look([](const Session&) -> Result<int> { return Error{Errc::forbidden, "not yours"}; });
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == Errc::forbidden);
}

TEST_CASE("a coroutine gets the result of its change on its own executor") {
  ContractDatabase db(GENERATE(from_range(backends())));
  boost::asio::io_context context;
  bool found = false, refused = false, on_context = true;
  const auto self = std::this_thread::get_id();
  const auto run = [](ContractDatabase& database, bool& was_found, bool& was_refused, bool& stayed,
                      std::thread::id home) -> Task<> {
    const ImageRecord image = database.image("bytes");
    const auto inserted =
        co_await db::commit(*database, [&](Session& session) { return session.images().insert(image); });
    was_found = inserted && database.find(image.id).has_value();
    const auto again =
        co_await db::commit(*database, [&](Session& session) { return session.images().restore(image.id, {}); });
    was_refused = !again && again.error().code == Errc::not_found;
    stayed = std::this_thread::get_id() == home;
  };
  boost::asio::co_spawn(context, run(db, found, refused, on_context, self), boost::asio::detached);
  context.run();
  CHECK(found);
  CHECK(refused);
  CHECK(on_context);
}

}  // namespace
}  // namespace lightfast::test
