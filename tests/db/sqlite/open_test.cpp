#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "db/access.h"
#include "db/migrator.h"
#include "db/sqlite/connection.h"
#include "db/sqlite/schema.h"
#include "db/sqlite/sqlite_database.h"
#include "db/sqlite/statement.h"
#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::Migration;
using db::Session;
using db::sqlite::Connection;
using db::sqlite::Statement;

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The first opening for writing of a file of SQLite's that is called so fails.
class FailingOpen {
 public:
  explicit FailingOpen(std::string_view suffix) {
    ending = suffix;
    failures = 0;
    real = files()->xGetSystemCall(files(), "open");
    files()->xSetSystemCall(files(), "open", reinterpret_cast<sqlite3_syscall_ptr>(&fail_once));
  }
  ~FailingOpen() { files()->xSetSystemCall(files(), "open", real); }
  FailingOpen(const FailingOpen&) = delete;
  FailingOpen& operator=(const FailingOpen&) = delete;

  static inline int failures = 0;

 private:
  static sqlite3_vfs* files() { return sqlite3_vfs_find("unix"); }
  static int fail_once(const char* path, int flags, int mode) {
    if (failures == 0 && (flags & O_ACCMODE) == O_RDWR && std::string_view(path).ends_with(ending)) {
      ++failures;
      errno = EIO;
      return -1;
    }
    return reinterpret_cast<int (*)(const char*, int, int)>(real)(path, flags, mode);
  }

  static inline std::string_view ending;
  static inline sqlite3_syscall_ptr real = nullptr;
};

struct Folder {
  TemporaryFolder folder;
  ManualClock clock;
  Logger log{LogLevel::error, LogFormat::text};
  std::filesystem::path path = folder.path() / "lightfast.db";

  Result<std::unique_ptr<db::Database>> open() { return db::open_sqlite({path}, clock, log); }
  Connection connect() {
    write_bytes(path, "");
    return Connection(path, Connection::Role::writer);
  }
};

std::int64_t number(Connection& connection, std::string_view sql) {
  Statement row(connection, sql);
  REQUIRE(row.next_row());
  return row.integer();
}

TEST_CASE("a new database is its owner's alone to read") {
  Folder at;
  const auto database = at.open();
  REQUIRE(database);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    REQUIRE(::stat((at.path.string() + suffix).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a database whose folder is missing is not made, and the error says so") {
  Folder at;
  at.path = at.folder.path() / "missing" / "lightfast.db";
  const auto database = at.open();
  REQUIRE_FALSE(database);
  CHECK_THAT(explain(database.error()), Catch::Contains("missing") && Catch::Contains("folder must exist"));
  CHECK_FALSE(std::filesystem::exists(at.path.parent_path()));
}

TEST_CASE("a folder in the database's place is refused") {
  Folder at;
  std::filesystem::create_directory(at.path);
  const auto database = at.open();
  REQUIRE_FALSE(database);
  CHECK(database.error().code == Errc::invalid_request);
}

TEST_CASE("a file that is no database is refused and left as it is") {
  Folder at;
  const std::string bytes(8'192, 'x');
  write_bytes(at.path, bytes);
  const auto database = at.open();
  REQUIRE_FALSE(database);
  CHECK(database.error().code == Errc::damaged);
  CHECK_THAT(database.error().detail, Catch::Contains(at.path.string()) && Catch::Contains("restore a backup"));
  CHECK(read_bytes(at.path) == bytes);
}

TEST_CASE("a database with a damaged header or schema is refused and left as it is") {
  Folder at;
  REQUIRE(at.open());
  std::string bytes = read_bytes(at.path);
  REQUIRE(bytes.size() > 4'096);
  const auto [first, count] = GENERATE(table<std::size_t, std::size_t>({{0, 16}, {100, 200}}));
  bytes.replace(first, count, count, '\xee');
  write_bytes(at.path, bytes);
  const auto database = at.open();
  REQUIRE_FALSE(database);
  CHECK(database.error().code == Errc::damaged);
  CHECK(read_bytes(at.path) == bytes);
}

TEST_CASE("a database of another program is refused") {
  Folder at;
  {
    Connection connection = at.connect();
    connection.execute("CREATE TABLE bookmarks (url TEXT)");
  }
  const auto database = at.open();
  REQUIRE_FALSE(database);
  CHECK(database.error().code == Errc::conflict);
  CHECK_THAT(database.error().detail, Catch::Contains("another program"));
}

TEST_CASE("an empty file, as a crash while making it leaves it, becomes the database") {
  Folder at;
  write_bytes(at.path, "");
  CHECK(at.open());
}

TEST_CASE("a schema newer than the program is refused and not touched") {
  Folder at;
  REQUIRE(at.open());
  {
    Connection connection(at.path, Connection::Role::writer);
    connection.execute("INSERT INTO schema_migrations VALUES (9999, 'from_the_future', 0)");
  }
  const auto database = at.open();
  REQUIRE_FALSE(database);
  CHECK(database.error().code == Errc::conflict);
  CHECK_THAT(database.error().detail, Catch::Contains("9999") && Catch::Contains("newer program"));
}

TEST_CASE("a database of each older version is brought up to date") {
  const auto known = db::embedded_migrations();
  const std::size_t start = GENERATE(range(std::size_t{0}, db::embedded_migrations().size() + 1));
  Folder at;
  {
    Connection connection = at.connect();
    db::sqlite::SqliteMigrationTarget target(connection, at.clock);
    REQUIRE(db::migrate(target, known.first(start)).value() == start);
  }
  REQUIRE(at.open());
  Connection connection(at.path, Connection::Role::reader);
  CHECK(number(connection, "SELECT count(*) FROM schema_migrations") == static_cast<std::int64_t>(known.size()));
  CHECK(number(connection, "SELECT max(applied_at) FROM schema_migrations") ==
        at.clock.now().time_since_epoch().count());
  CHECK(number(connection, "SELECT count(*) FROM hosted_images") == 0);
}

TEST_CASE("what lives is added up by kind when an older version's images are brought up to date") {
  Folder at;
  {
    Connection connection = at.connect();
    db::sqlite::SqliteMigrationTarget target(connection, at.clock);
    REQUIRE(db::migrate(target, db::embedded_migrations().first(6)));
    int number = 0;
    for (const char* rest : {"'replicate', 'image/webp', 5, NULL", "'replicate', 'image/webp', 6, NULL",
                             "NULL, 'image/png', 7, NULL", "NULL, 'image/png', 8, 1"}) {
      const std::string id = std::to_string(++number);
      connection.execute(
          "INSERT INTO hosted_images (id, user_id, origin, file_key, width, height, sha256, visibility, pinned, "
          "is_current, created_at, renewed_at, accessed_at, access_count, change_seq, provider, content_type, "
          "file_size, deleted_at) VALUES ('" +
          id + "', 'ana', 'generate', '" + id + "', 1, 1, printf('%064d', 1), 'public', 0, 0, 1, 1, 1, 0, " + id +
          ", " + rest + ")");
    }
  }
  const auto database = at.open();
  REQUIRE(database);
  const auto kinds = db::read(**database, [](const Session& session) { return session.counters().by_kind(10); });
  REQUIRE(kinds->size() == 2);
  CHECK(kinds->at(0).provider == "replicate");
  CHECK(kinds->at(0).images == 2);
  CHECK(kinds->at(0).bytes == 11);
  CHECK(kinds->at(1).content_type == "image/png");
  CHECK(kinds->at(1).images == 1);
}

TEST_CASE("every image that an older version had of a URL is found by it and the last one as ever") {
  Folder at;
  const std::string first = "img_01jd0000000000000000000001", last = "img_01jd0000000000000000000002";
  {
    Connection connection = at.connect();
    db::sqlite::SqliteMigrationTarget target(connection, at.clock);
    REQUIRE(db::migrate(target, db::embedded_migrations().first(12)));
    for (const std::string& id : {first, last}) {
      connection.execute(
          "INSERT INTO hosted_images (id, user_id, origin, file_key, width, height, sha256, visibility, pinned, "
          "is_current, created_at, renewed_at, accessed_at, access_count, change_seq, content_type, file_size, "
          "source_url) VALUES ('" +
          id + "', 'ana', 'generate', '" + id + "', 1, 1, printf('%064d', 1), 'public', 0, 0, 1, 1, 1, 0, " +
          id.back() + ", 'image/png', 7, 'https://d/0.png')");
    }
    connection.execute("INSERT INTO source_urls VALUES ('ana', 'https://d/0.png', '" + last + "')");
  }
  const auto database = at.open();
  REQUIRE(database);
  const auto read = db::read(**database, [&](const Session& session) -> Result<void> {
    CHECK((*session.images().find_by_source(std::nullopt, "https://d/0.png"))->id.str() == last);
    CHECK((*session.images().find_public_by_source(UserId::parse("ana").value(), "https://d/0.png"))->id.str() ==
          first);
    return {};
  });
  CHECK(read);
}

TEST_CASE("a step that fails is not half applied, and the steps before it stay") {
  Folder at;
  Connection connection = at.connect();
  db::sqlite::SqliteMigrationTarget target(connection, at.clock);
  const std::vector<Migration> steps = {{1, "good", "CREATE TABLE one (a INTEGER);"},
                                        {2, "bad", "CREATE TABLE two (a INTEGER); INSERT INTO nowhere VALUES (1);"}};
  const auto outcome = db::migrate(target, steps);
  REQUIRE_FALSE(outcome);
  CHECK_THAT(outcome.error().detail, Catch::Contains("step 2 (bad)"));
  CHECK_FALSE(connection.in_transaction());
  CHECK(target.applied()->size() == 1);
  CHECK(number(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'two'") == 0);

  const std::vector<Migration> mended = {steps[0], {2, "bad", "CREATE TABLE two (a INTEGER);"}};
  CHECK(db::migrate(target, mended).value() == 1);
  CHECK(db::migrate(target, mended).value() == 0);
}

TEST_CASE("a database whose WAL's index could once not be opened for writing can be written all the same") {
  Folder it;
  REQUIRE(it.open());
  const FailingOpen failing("-shm");
  auto database = it.open();
  REQUIRE(database);
  CHECK(FailingOpen::failures == 1);
  CHECK(db::commit_blocking(**database, [](Session& session) { return session.jobs().add_missed(); }));
}

TEST_CASE("a reading connection cannot change anything") {
  Folder at;
  REQUIRE(at.open());
  Connection connection(at.path, Connection::Role::reader);
  CHECK_THROWS_AS(connection.execute("DELETE FROM settings"), db::sqlite::SqliteError);
}

TEST_CASE("admins read times in the readable view") {
  ContractDatabase db;
  db::ImageRecord image = db.image("bytes");
  image.expires_at = db.now() + std::chrono::hours(1);
  db.add(image);
  Connection connection(db.folder() / "lightfast.db", Connection::Role::reader);
  Statement row(connection, "SELECT created_at, expires_at, deleted_at FROM hosted_images_readable");
  REQUIRE(row.next_row());
  CHECK(row.text() == "2026-11-28T10:00:00Z");
  CHECK(row.text() == "2026-11-28T11:00:00Z");
  CHECK(row.text().empty());
}

}  // namespace
}  // namespace lightfast::test
