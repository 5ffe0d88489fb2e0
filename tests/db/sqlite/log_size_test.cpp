// How large the write-ahead log gets, whoever reads.
#include <atomic>
#include <future>
#include <thread>

#include "db/sqlite/connection.h"
#include "db/sqlite/statement.h"
#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;
using db::sqlite::Connection;

constexpr std::uint64_t limit = 64u << 20;

// Submits changes of 60 KB at once, and tells how each ended.
struct Flood {
  explicit Flood(ContractDatabase& database) : db(database) {}

  void run(int count) {
    std::promise<void> all;
    std::atomic<int> open = count;
    for (int i = 0; i < count; ++i) {
      ImageRecord image = db.image("bytes " + std::to_string(++made));
      image.metadata = std::string(60'000, 'x');
      (*db).submit(
          [image](Session& session) -> Result<void> {
            auto inserted = session.images().insert(image);
            if (!inserted) return inserted.error();
            return {};
          },
          [&](Result<void> outcome) {
            largest = std::max(largest, (*db).log_bytes());
            if (outcome) {
              ++kept;
            } else {
              refused.push_back(outcome.error());
            }
            if (--open == 0) all.set_value();
          });
    }
    all.get_future().wait();
  }

  ContractDatabase& db;
  int made = 0;
  int kept = 0;
  std::vector<Error> refused;
  std::uint64_t largest = 0;
};

TEST_CASE("the log stays under 64 MB while a reader holds on to it, and changes go on when it has ended") {
  ContractDatabase db(backends().front());
  db.add(db.image("first"));
  Flood flood(db);
  std::optional<Connection> reader(std::in_place, db.folder() / "lightfast.db", Connection::Role::reader);
  reader->execute("BEGIN; SELECT count(*) FROM hosted_images;");
  flood.run(1'000);
  CHECK(flood.largest < limit);
  CHECK(flood.kept > 300);
  REQUIRE_FALSE(flood.refused.empty());
  CHECK(flood.refused.front().code == Errc::overloaded);
  CHECK(flood.refused.front().retry_after);
  reader.reset();
  const int kept = flood.kept;
  flood.run(10);
  CHECK(flood.kept == kept + 10);
  CHECK((*db).log_bytes() < limit / 4);
}

TEST_CASE("the log stays small under readers that come and go") {
  ContractDatabase db(backends().front());
  db.add(db.image("first"));
  Flood flood(db);
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) (void)db::read(*db, [](const Session& session) { return session.users().everybody(); });
    });
  }
  for (int i = 0; i < 3; ++i) flood.run(400);
  stop = true;
  for (auto& reader : readers) reader.join();
  CHECK(flood.refused.empty());
  CHECK(flood.largest < limit);
}

}  // namespace
}  // namespace lightfast::test
