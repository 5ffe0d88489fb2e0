#include "db/sqlite/writer.h"

#include <sys/wait.h>
#include <unistd.h>

#include "db/sqlite/connection.h"
#include "db/sqlite/sqlite_database.h"
#include "db/sqlite/statement.h"
#include "tests/db/busy_writer.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/faulty_vfs.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;
using Fault = FaultyVfs::Fault;

Result<db::Images::Inserted> try_insert(ContractDatabase& db, const ImageRecord& image) {
  return db.change([&](Session& session) { return session.images().insert(image); });
}

std::filesystem::path file_of(const ContractDatabase& db) {
  return db.folder() / "lightfast.db";
}

void check_integrity(const std::filesystem::path& path) {
  db::sqlite::Connection connection(path, db::sqlite::Connection::Role::reader);
  db::sqlite::Statement row(connection, "PRAGMA integrity_check");
  REQUIRE(row.next_row());
  CHECK(row.text() == "ok");
}

TEST_CASE("changes that wait together are made durable by one sync") {
  FaultyVfs vfs;
  ContractDatabase db;
  db.add(db.image("the log has its header now"));
  const int before = vfs.wal_syncs();
  db.add(db.image("alone"));
  const int syncs_of_one = vfs.wal_syncs() - before;
  CHECK(syncs_of_one >= 1);

  BusyWriter writer(*db);
  constexpr int count = 200;
  std::promise<void> finished;
  std::atomic<int> durable = 0;
  for (int i = 0; i < count; ++i) {
    (*db).submit(
        [image = db.image("bytes " + std::to_string(i))](Session& session) -> Result<void> {
          const auto inserted = session.images().insert(image);
          if (!inserted) return inserted.error();
          return {};
        },
        [&](Result<void> outcome) {
          if (outcome && ++durable == count) finished.set_value();
        });
  }
  const int syncs = vfs.wal_syncs();
  writer.let_go();
  finished.get_future().wait();
  CHECK(vfs.wal_syncs() - syncs <= 2 * syncs_of_one);
  CHECK(db.totals().images == count + 2);
}

TEST_CASE("a full, read-only or failing disk is told to all of the group, harms nothing and heals") {
  FaultyVfs vfs;
  ContractDatabase db;
  const auto [fault, code] = GENERATE(table<Fault, Errc>({{Fault::disk_full, Errc::storage_full},
                                                          {Fault::sync_fails, Errc::internal},
                                                          {Fault::read_only, Errc::read_only}}));
  const ImageRecord kept = db.add(db.image("kept"));
  {
    BusyWriter writer(*db);
    vfs.set(fault);
    std::vector<std::promise<Errc>> outcomes(5);
    for (auto& outcome : outcomes) {
      (*db).submit(
          [image = db.image("bytes " + std::to_string(&outcome - outcomes.data()))](Session& session) -> Result<void> {
            const auto inserted = session.images().insert(image);
            if (!inserted) return inserted.error();
            return {};
          },
          [&outcome](Result<void> result) { outcome.set_value(result ? Errc::conflict : result.error().code); });
    }
    writer.let_go();
    for (auto& outcome : outcomes) CHECK(outcome.get_future().get() == code);
  }
  CHECK(db.find(kept.id));
  CHECK(db.totals().images == 1);
  CHECK(try_insert(db, db.image("again")).error().code == code);

  vfs.set(Fault::none);
  db.add(db.image("healed"));
  CHECK(db.totals().images == 2);
  db.reopen();
  CHECK(db.find(kept.id));
  CHECK(db.totals().images == 2);
  CHECK(db.list_all().size() == 2);
  check_integrity(file_of(db));
}

// A limit of SQLite's own makes it undo the whole transaction within the change that meets it.
TEST_CASE("a change that fills the disk costs those before it their transaction, not those after it") {
  ContractDatabase db;
  db.add(db.image("kept"));
  TemporaryFolder folder;
  ManualClock clock;
  Logger log(LogLevel::error, LogFormat::text);
  auto session = std::make_unique<db::sqlite::SqliteSession>(file_of(db), db::sqlite::Connection::Role::writer);
  session->connection().execute("PRAGMA max_page_count = 150");
  db::sqlite::FileHealth health(log);
  db::sqlite::Writer writer(file_of(db), std::move(session), {100, 100}, nullptr, health, log);

  ImageRecord huge = db.image("huge");
  huge.metadata = std::string(2'000'000, 'x');
  std::promise<void> begun, go_on;
  std::vector<std::promise<std::optional<Errc>>> outcomes(4);
  const auto submit = [&](int number, db::Database::Change change) {
    writer.submit(std::move(change), [&outcomes, number](Result<void> outcome) {
      outcomes[number].set_value(outcome ? std::nullopt : std::optional(outcome.error().code));
    });
  };
  const auto inserting = [](ImageRecord image) {
    return [image = std::move(image)](Session& open) -> Result<void> {
      const auto inserted = open.images().insert(image);
      if (!inserted) return inserted.error();
      return {};
    };
  };
  submit(0, [&](Session&) -> Result<void> {
    begun.set_value();
    go_on.get_future().wait();
    return {};
  });
  begun.get_future().wait();
  submit(1, inserting(db.image("before")));
  submit(2, inserting(huge));
  const ImageRecord after = db.image("after");
  submit(3, inserting(after));
  go_on.set_value();
  CHECK_FALSE(outcomes[0].get_future().get());
  const auto before = outcomes[1].get_future().get();
  CHECK((!before || before == Errc::storage_full));
  CHECK(outcomes[2].get_future().get() == Errc::storage_full);
  CHECK_FALSE(outcomes[3].get_future().get());
  CHECK(db.find(after.id));
  CHECK(db.totals().images == (before ? 2 : 3));
}

TEST_CASE("the log is truncated when it has grown, and a reader that held it open only delays that") {
  ContractDatabase db;
  const auto log_bytes = [&] { return std::filesystem::file_size(file_of(db).string() + "-wal"); };
  const auto grow = [&](int megabytes) {
    for (int i = 0; i < megabytes; ++i) {
      ImageRecord image = db.image("bytes " + std::to_string(i));
      image.origin = db::Origin::generate;
      image.metadata = std::string(1 << 20, 'x');
      db.add(image);
    }
  };
  const auto held = db.look([&](const Session& session) -> Result<std::uintmax_t> {
    REQUIRE(session.users().everybody());
    grow(25);
    return log_bytes();
  });
  CHECK(*held > (20u << 20));
  grow(1);
  db.add(db.image("after the truncation"));  // which follows the answers to the changes before
  CHECK(log_bytes() < (8u << 20));
}

TEST_CASE("a process that ends within a transaction leaves what was committed and nothing else") {
  TemporaryFolder folder;
  const auto path = folder.path() / "lightfast.db";
  ManualClock clock;
  Logger log(LogLevel::error, LogFormat::text);
  const IdGenerator ids(clock);
  const auto make_image = [&](int number) {
    ImageRecord image{ids.next_image_id(), user_id("ana")};
    image.file_key = "ana/" + image.id.str();
    image.file_size = 1;
    image.sha256 = sha256(std::to_string(number));
    image.metadata = std::string(200'000, 'x');  // together more than is cached, so that the log holds a part
    return image;
  };
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto database = db::open_sqlite({path}, clock, log);
    if (!database) ::_exit(1);
    for (int i = 0; i < 20; ++i) {
      const auto inserted =
          db::commit_blocking(**database, [&](Session& s) { return s.images().insert(make_image(i)); });
      if (!inserted) ::_exit(2);
    }
    db::commit_blocking(**database, [&](Session& session) -> Result<void> {
      for (int i = 20; i < 150; ++i) {
        if (!session.images().insert(make_image(i))) ::_exit(3);
      }
      ::_exit(42);
    });
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 42);
  CHECK(std::filesystem::file_size(path.string() + "-wal") > 8u << 20);

  {
    const auto database = db::open_sqlite({path}, clock, log);
    REQUIRE(database);
    const auto totals =
        db::read(**database, [](const Session& session) { return session.users().totals(user_id("ana")); });
    CHECK(totals->images == 20);
    const auto page =
        db::read(**database, [](const Session& session) { return session.images().list({.limit = 1'000}); });
    CHECK(page->images.size() == 20);
  }
  check_integrity(path);
}

}  // namespace
}  // namespace lightfast::test
