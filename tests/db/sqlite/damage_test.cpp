#include <sys/stat.h>

#include <fstream>

#include "db/sqlite/connection.h"
#include "db/sqlite/sqlite_database.h"
#include "db/sqlite/statement.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/faulty_vfs.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;
using db::sqlite::Connection;
using db::sqlite::Statement;

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void overwrite(const std::filesystem::path& path, std::uint64_t offset, std::size_t count) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file << std::string(count, '\xee');
}

// A closed database with one image, of which a page that finding the image doesn't need can be damaged.
struct ClosedDatabase {
  TemporaryFolder folder;
  ManualClock clock;
  Logger log{LogLevel::error, LogFormat::text};
  std::filesystem::path path = folder.path() / "lightfast.db";
  ImageId id = IdGenerator(clock).next_image_id();

  ClosedDatabase() {
    const auto database = db::open_sqlite({path}, clock, log);
    REQUIRE(database);
    ImageRecord image{id, user_id("ana")};
    image.file_key = "ana/" + id.str();
    image.sha256 = sha256("bytes");
    REQUIRE(db::commit_blocking(**database, [&](Session& session) { return session.images().insert(image); }));
  }
  Result<std::unique_ptr<db::Database>> open(bool read_only = false) {
    return db::open_sqlite({.path = path, .read_only = read_only}, clock, log);
  }
  void damage_the_counters() {
    std::uint64_t page = 0;
    {
      Connection connection(path, Connection::Role::reader);
      Statement row(connection, "SELECT rootpage FROM sqlite_master WHERE name = 'daily_counters_by_user'");
      REQUIRE(row.next_row());
      page = row.count();
    }
    overwrite(path, (page - 1) * 4'096, 4'096);
  }
};

TEST_CASE("damage that opening doesn't meet is found by the check") {
  ClosedDatabase at;
  at.damage_the_counters();
  const auto database = at.open();
  REQUIRE(database);
  const auto checked = (*database)->quick_check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Errc::damaged);
}

TEST_CASE("a damaged database replaces no backup") {
  ClosedDatabase at;
  TemporaryFolder folder;
  const auto backup = folder.path() / "lightfast.db";
  REQUIRE((*at.open())->backup_to(backup, {}));
  const std::string sound = read_bytes(backup);
  at.damage_the_counters();
  const auto outcome = (*at.open())->backup_to(backup, {});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == Errc::damaged);
  CHECK(read_bytes(backup) == sound);
  CHECK_FALSE(std::filesystem::exists(backup.string() + ".partial"));
}

TEST_CASE("a damaged database still tells its images when it is opened for reading only, and is left as it is") {
  ClosedDatabase at;
  at.damage_the_counters();
  const std::string bytes = read_bytes(at.path);
  {
    const auto database = at.open(true);
    REQUIRE(database);
    CHECK(db::read(**database, [&](const Session& session) { return session.images().find(at.id); }).value());
    const auto change = db::commit_blocking(
        **database, [&](Session& session) { return session.images().remove(at.id, at.clock.now()); });
    CHECK(change.error().code == Errc::read_only);
  }
  CHECK(read_bytes(at.path) == bytes);
}

TEST_CASE("for reading only, a database must be there and up to date") {
  ClosedDatabase at;
  {
    Connection connection(at.path, Connection::Role::writer);
    connection.execute("DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)");
  }
  const auto outdated = at.open(true);
  REQUIRE_FALSE(outdated);
  CHECK(outdated.error().code == Errc::conflict);
  at.path = at.folder.path() / "missing.db";
  const auto missing = at.open(true);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::not_found);
  CHECK_FALSE(std::filesystem::exists(at.path));
}

TEST_CASE("a file that cannot change is read without a log or an index of it beside it") {
  ClosedDatabase at;
  const auto odd = at.folder.path() / "100% odd?#.db";
  std::filesystem::rename(at.path, odd);
  Connection connection(odd, Connection::Role::immutable);
  Statement row(connection, "SELECT count(*) FROM hosted_images");
  REQUIRE(row.next_row());
  CHECK(row.integer() == 1);
  for (const char* suffix : {"-wal", "-shm"}) CHECK_FALSE(std::filesystem::exists(odd.string() + suffix));
  CHECK_THROWS_AS(connection.execute("DELETE FROM hosted_images"), db::sqlite::SqliteError);
}

TEST_CASE("a backup is its owner's alone, and stays away from a database in use") {
  ClosedDatabase at;
  TemporaryFolder folder;
  const auto backup = folder.path() / "lightfast.db";
  const auto database = at.open();
  REQUIRE((*database)->backup_to(backup, {}));
  struct stat status {};
  REQUIRE(::stat(backup.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK((*database)->backup_to(at.path, {}).error().code == Errc::invalid_request);
  const auto started = db::open_sqlite({backup}, at.clock, at.log);
  REQUIRE(started);
  CHECK((*database)->backup_to(backup, {}).error().code == Errc::conflict);
}

TEST_CASE("what an interrupted backup left does not stand in the way of the next one") {
  ClosedDatabase at;
  TemporaryFolder folder;
  const auto backup = folder.path() / "lightfast.db";
  for (const char* suffix : {".partial", ".partial-journal", ".partial-wal"}) {
    std::ofstream(backup.string() + suffix) << "left over";
  }
  REQUIRE((*at.open())->backup_to(backup, {}));
  std::size_t entries = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) entries += !entry.path().empty();
  CHECK(entries == 1);
}

TEST_CASE("once damage is found a database is only read, and says so") {
  ClosedDatabase closed;
  closed.damage_the_counters();
  const auto database = closed.open();
  REQUIRE(database);
  CHECK((*database)->health().state == db::Health::State::unchecked);
  CHECK((*database)->require_changeable());
  REQUIRE_FALSE((*database)->quick_check());
  CHECK((*database)->health().state == db::Health::State::damaged);
  CHECK_FALSE((*database)->health().found.empty());
  const auto refused =
      db::commit_blocking(**database, [](Session& session) { return session.settings().set("name", "value"); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::read_only);
  const auto found = db::read(**database, [&](const Session& session) { return session.images().find(closed.id); });
  REQUIRE(found);
  CHECK(found->has_value());
}

TEST_CASE("damage that a look meets is found without any check") {
  ClosedDatabase closed;
  closed.damage_the_counters();
  const auto database = closed.open();
  REQUIRE(database);
  const auto looked = db::read(**database, [](const Session& session) {
    return session.counters().by_day(user_id("ana"), "2000-01-01", "2100-01-01");
  });
  REQUIRE_FALSE(looked);
  CHECK((*database)->health().state == db::Health::State::damaged);
}

TEST_CASE("a read that fails during the check is no damage") {
  FaultyVfs vfs;
  ClosedDatabase closed;
  bool failed = true;
  int checks_without_verdict = 0;
  for (int nth = 1; failed; ++nth) {
    const auto database = closed.open();
    REQUIRE(database);
    vfs.fail_read(nth);
    const auto checked = (*database)->quick_check();
    failed = vfs.read_failed();
    INFO("read " << nth);
    CHECK((*database)->health().state != db::Health::State::damaged);
    if (!checked) ++checks_without_verdict;
    REQUIRE((*database)->quick_check());
    CHECK((*database)->require_changeable());
  }
  CHECK(checks_without_verdict > 0);
}

TEST_CASE("a sound database is known to be sound once it was checked, and a check ends when asked to") {
  ClosedDatabase closed;
  const auto database = closed.open();
  REQUIRE(database);
  std::stop_source stopping;
  stopping.request_stop();
  const auto stopped = (*database)->quick_check(stopping.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().code == Errc::internal);
  CHECK((*database)->health().state == db::Health::State::unchecked);
  REQUIRE((*database)->quick_check());
  CHECK((*database)->health().state == db::Health::State::sound);
}

TEST_CASE("an empty database is no new one where there must be data") {
  TemporaryFolder folder;
  ManualClock clock;
  Logger log(LogLevel::error, LogFormat::text);
  const auto path = folder.path() / "lightfast.db";
  std::ofstream(path).close();
  const auto opened = db::open_sqlite({.path = path, .may_be_new = false}, clock, log);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::conflict);
  CHECK(std::filesystem::file_size(path) == 0);
}

}  // namespace
}  // namespace lightfast::test
