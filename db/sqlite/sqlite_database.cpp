#include "db/sqlite/sqlite_database.h"

#include <fcntl.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "db/migrations.h"
#include "db/sqlite/reader_pool.h"
#include "db/sqlite/schema.h"
#include "db/sqlite/statement.h"
#include "db/sqlite/writer.h"

namespace lightfast::db {
namespace {

using sqlite::Connection;
using sqlite::SqliteSession;

constexpr std::size_t largest_reader_count = 8;

// One consistent view for all that a caller looks at.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection) : connection_(connection) {
    sqlite::Statement(connection, "BEGIN").run();
  }
  ~ReadTransaction() { connection_.roll_back(); }
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& connection_;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const SqliteOptions& options, std::unique_ptr<SqliteSession> session, Logger& log)
      : readers_(options.path, largest_reader_count),
        writer_(options.path, std::move(session), {options.queue_limit, options.largest_group}, log) {}

  Result<void> read(const std::function<Result<void>(const Session&)>& look) override {
    return sqlite::guarded([&] {
      const auto session = readers_.borrow();
      const ReadTransaction view(session->connection());
      return look(*session);
    });
  }

  void submit(Change change, Done done) override { writer_.submit(std::move(change), std::move(done)); }

 private:
  sqlite::ReaderPool readers_;
  sqlite::Writer writer_;  // ends first, while the readers still hold the WAL
};

// SQLite would make the file for everyone to read, and its WAL likewise. A file that is there is not opened here: its
// closing would drop the locks of a connection that this process may have on it.
Result<void> make_if_absent(const std::filesystem::path& path) {
  const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made) return {};
  if (errno != EEXIST) {
    Error error = system_error(errno, "cannot make the database file " + path.string());
    if (error.code == Errc::not_found) error.detail += "; its folder must exist";
    return error;
  }
  if (std::error_code error; !std::filesystem::is_regular_file(path, error)) {
    return Error{Errc::invalid_request, "cannot use " + path.string() + " as database: it is not a regular file"};
  }
  return {};
}

Error with_advice(Error error, const std::filesystem::path& path) {
  error.detail = path.string() + ": " + error.detail;
  if (error.code == Errc::damaged) {
    error.detail += "; it is damaged or no database and was left as it is: restore a backup, or name another file";
  }
  return error;
}

Result<std::unique_ptr<SqliteSession>> open_current(const std::filesystem::path& path, const Clock& clock,
                                                    Logger& log) {
  return sqlite::guarded([&]() -> Result<std::unique_ptr<SqliteSession>> {
    auto session = std::make_unique<SqliteSession>(path, Connection::Role::writer);
    sqlite::SqliteMigrationTarget target(session->connection(), clock);
    const auto steps = migrate(target, embedded_migrations());
    if (!steps) return steps.error();
    if (*steps > 0) log.info("database schema brought up to date", {{"path", path.string()}, {"steps", *steps}});
    return session;
  });
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options, const Clock& clock, Logger& log) {
  const auto present = make_if_absent(options.path);
  if (!present) return present.error();
  auto session = open_current(options.path, clock, log);
  if (!session) return with_advice(session.error(), options.path);
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(options, std::move(*session), log));
}

}  // namespace lightfast::db
