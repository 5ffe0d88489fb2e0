#include "db/sqlite/sqlite_database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/unique_fd.h"
#include "db/migrations.h"
#include "db/sqlite/file_health.h"
#include "db/sqlite/reader_pool.h"
#include "db/sqlite/schema.h"
#include "db/sqlite/sqlite_copy.h"
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
      : path_(options.path), health_(log), readers_(options.path, Connection::Role::reader, largest_reader_count) {
    writer_.emplace(options.path, std::move(session),
                    sqlite::Writer::Limits{options.queue_limit, options.largest_group}, options.ballast, health_, log);
  }
  SqliteDatabase(const SqliteOptions& options, Connection::Role reading, Logger& log)
      : path_(options.path), health_(log), readers_(options.path, reading, largest_reader_count) {
    if (!options.damage.empty()) health_.note({Errc::damaged, "the database is damaged: " + options.damage});
  }

  Result<void> read(const std::function<Result<void>(const Session&)>& look) override {
    auto outcome = sqlite::guarded([&] {
      const auto session = readers_.borrow();
      const ReadTransaction view(session->connection());
      return look(*session);
    });
    if (!outcome) health_.note(outcome.error());
    return outcome;
  }

  void submit(Change change, Done done) override {
    if (auto changeable = require_changeable(); !changeable) return done(changeable.error());
    if (writer_) return writer_->submit(std::move(change), std::move(done));
    done(Error{Errc::read_only, "the database was opened for reading only"});
  }

  void watch_withdrawals(OnWithdrawn watcher) override {
    if (writer_) writer_->watch_withdrawals(std::move(watcher));
  }

  Result<void> backup_to(const std::filesystem::path& target, const OnProgress& progress) override {
    return sqlite::back_up(path_, target, progress);
  }

  Result<void> quick_check(const std::stop_token& stop) override {
    auto checked = sqlite::guarded([&] {
      const auto session = readers_.borrow();
      return sqlite::quick_check(session->connection(), stop);
    });
    if (checked) {
      health_.note_sound();
    } else {
      health_.note(checked.error());
    }
    return checked;
  }

  Health health() const override { return health_.now(); }

  std::uint64_t log_bytes() const override {
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(path_.string() + "-wal", missing);
    return missing ? 0 : bytes;
  }

 private:
  const std::filesystem::path path_;
  sqlite::FileHealth health_;
  sqlite::ReaderPool readers_;
  std::optional<sqlite::Writer> writer_;  // ends first, while the readers still hold the WAL
};

// SQLite would make the file for everyone to read, and its WAL likewise. A file that is there is not opened here: its
// closing would drop the locks of a connection that this process may have on it.
Result<void> make_if_absent(const std::filesystem::path& path) {
  const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made) return {};
  if (errno != EEXIST) {
    Error error = system_error(errno, "cannot make the database file " + path.string());
    if (error.code == Errc::not_found) error.cause += "; its folder must exist";
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
  if (error.code == Errc::storage_full) error.detail += "; its disk is full: make room there, then start again";
  return error;
}

// As a reader, which leaves a new file as it is.
Result<void> require_tables(const std::filesystem::path& path, const Clock& clock) {
  return sqlite::guarded([&]() -> Result<void> {
    Connection connection(path, Connection::Role::reader);
    auto applied = sqlite::SqliteMigrationTarget(connection, clock).applied();
    if (!applied) return applied.error();
    if (!applied->empty()) return {};
    return Error{Errc::conflict,
                 "the database is empty, but there are images that it should know: it was cut off or replaced. Restore "
                 "it from a backup; a new one would forget them"};
  });
}

// A file that could not be opened for writing was opened for reading: the trouble may have been of that moment.
Result<std::unique_ptr<SqliteSession>> open_writer(const std::filesystem::path& path) {
  constexpr int tries = 3;
  for (int n = 1;; ++n) {
    auto opened = sqlite::guarded([&]() -> Result<std::unique_ptr<SqliteSession>> {
      return std::make_unique<SqliteSession>(path, Connection::Role::writer);
    });
    if (opened || opened.error().code != Errc::read_only || n == tries) return opened;
  }
}

Result<std::unique_ptr<SqliteSession>> open_current(const SqliteOptions& options, const Clock& clock, Logger& log) {
  const std::filesystem::path& path = options.path;
  if (!options.may_be_new) {
    if (auto known = require_tables(path, clock); !known) return known.error();
  }
  return sqlite::guarded([&]() -> Result<std::unique_ptr<SqliteSession>> {
    auto opened = open_writer(path);
    if (!opened) return opened;
    auto session = std::move(*opened);
    sqlite::SqliteMigrationTarget target(session->connection(), clock);
    const auto steps = migrate(target, embedded_migrations());
    if (!steps) return steps.error();
    if (*steps > 0) log.info("database schema brought up to date", {{"path", path.string()}, {"steps", *steps}});
    return session;
  });
}

// Takes a schema as it is, or not at all.
class UnchangingTarget final : public MigrationTarget {
 public:
  explicit UnchangingTarget(MigrationTarget& target) : target_(target) {}
  Result<std::vector<AppliedMigration>> applied() override { return target_.applied(); }
  Result<void> apply(const Migration& missing) override {
    return Error{Errc::conflict, "the database lacks schema step " + std::to_string(missing.version) +
                                     ", and none is made while it is opened for reading only"};
  }

 private:
  MigrationTarget& target_;
};

// Reading through a WAL needs a writable folder. Where nothing can be written and no WAL is left, none is needed.
Connection::Role reading_role(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code missing;
  const auto log_bytes = std::filesystem::file_size(path.string() + "-wal", missing);
  const bool is_frozen = ::access(folder.c_str(), W_OK) != 0 && (missing || log_bytes == 0);
  return is_frozen ? Connection::Role::immutable : Connection::Role::reader;
}

Result<std::unique_ptr<Database>> open_read_only(const SqliteOptions& options, const Clock& clock, Logger& log) {
  if (std::error_code error; !std::filesystem::is_regular_file(options.path, error)) {
    return Error{Errc::not_found, "there is no database file " + options.path.string()};
  }
  const Connection::Role role = options.is_frozen ? Connection::Role::immutable : reading_role(options.path);
  const auto known = sqlite::guarded([&]() -> Result<std::size_t> {
    Connection connection(options.path, role);
    sqlite::SqliteMigrationTarget target(connection, clock);
    UnchangingTarget unchanging(target);
    return migrate(unchanging, embedded_migrations());
  });
  const bool is_expected = !known && known.error().code == Errc::damaged && !options.damage.empty();
  if (!known && !is_expected) return with_advice(known.error(), options.path);
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(options, role, log));
}

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options, const Clock& clock, Logger& log) {
  if (options.read_only) return open_read_only(options, clock, log);
  if (options.ballast != nullptr) options.ballast->make_room();  // opening writes beside it
  const auto present = make_if_absent(options.path);
  if (!present) return present.error();
  auto session = open_current(options, clock, log);
  if (!session) return with_advice(session.error(), options.path);
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(options, std::move(*session), log));
}

}  // namespace lightfast::db
