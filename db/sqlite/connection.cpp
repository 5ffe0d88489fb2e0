#include "db/sqlite/connection.h"

#include <sqlite3.h>

#include <algorithm>

#include "db/sqlite/file_errors.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

constexpr std::size_t cached_statements = 200;
constexpr int busy_timeout_ms = 5'000;
constexpr std::uint64_t page_bytes = 4'096;
constexpr std::uint64_t usual_wal_pages = 1'000;  // SQLite's own

constexpr const char* writer_pragmas =
    "PRAGMA synchronous = FULL;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA cache_size = -16384;";
constexpr const char* reader_pragmas =
    "PRAGMA query_only = ON;"
    "PRAGMA cache_size = -4096;";

constexpr const char* copy_pragmas =
    "PRAGMA journal_mode = MEMORY;"
    "PRAGMA synchronous = FULL;";

const char* pragmas_of(Connection::Role role) {
  switch (role) {
    case Connection::Role::writer: return writer_pragmas;
    case Connection::Role::copy: return copy_pragmas;
    case Connection::Role::reader:
    case Connection::Role::immutable: break;
  }
  return reader_pragmas;
}

// As a URI, in which a few characters have a meaning.
std::string immutable_name(const std::filesystem::path& path) {
  std::string name = "file:";
  for (const char c : path.string()) {
    if (c == '%') {
      name += "%25";
    } else if (c == '?') {
      name += "%3f";
    } else if (c == '#') {
      name += "%23";
    } else {
      name += c;
    }
  }
  return name + "?immutable=1";
}

}  // namespace

Connection::Connection(const std::filesystem::path& path, Role role) {
  tell_file_errors_apart();
  sqlite3* opened = nullptr;
  // A reader too may have to recover the WAL, which writes: query_only is what keeps it from changing anything.
  const bool is_immutable = role == Role::immutable;
  const std::string name = is_immutable ? immutable_name(path) : path.string();
  const int access = is_immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
  const int code = sqlite3_open_v2(name.c_str(), &opened, access | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) throw SqliteError(opened, "open " + path.string());
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busy_timeout_ms);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;");
  if (role == Role::writer) {
    require_writable(path);
    require_wal(path);
    require_changeable();
  }
  execute(pragmas_of(role));
  if (role == Role::writer || role == Role::reader) keep_files_at_close();
}

// The next start is to find the WAL and its index, though empty: on a full disk it could not make them. Without a limit
// of its size the WAL would be left as it is, and be taken for that of a database that is put in this one's place.
void Connection::keep_files_at_close() {
  execute("PRAGMA journal_size_limit = 67108864");
  int on = 1;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

// SQLite opens a file that it may not write for reading instead, and says so only in the midst of a transaction.
void Connection::require_writable(const std::filesystem::path& path) {
  if (sqlite3_db_readonly(handle(), "main") == 0) return;
  throw SqliteError(Error{Errc::read_only, "the database " + path.string() + " can only be read at the moment"});
}

void Connection::require_wal(const std::filesystem::path& path) {
  Statement journal(*this, "PRAGMA journal_mode = WAL");
  if (journal.next_row() && journal.text() == "wal") return;
  throw SqliteError(
      Error{Errc::internal, "the file system of " + path.string() + " cannot hold a database in WAL mode"});
}

// Likewise the WAL's index, where opening it failed: then nothing can be written as long as any connection is open.
void Connection::require_changeable() {
  execute("BEGIN IMMEDIATE");
  execute("ROLLBACK");
}

Connection::~Connection() = default;

void Connection::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Connection::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
  throw SqliteError(handle(), sql.size() < 40 ? sql : "run a script");
}

bool Connection::in_transaction() const {
  return sqlite3_get_autocommit(handle()) == 0;
}

void Connection::roll_back() noexcept {
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::checkpoint(Wal afterwards, std::chrono::milliseconds patience) {
  const int mode = afterwards == Wal::truncated ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART;
  sqlite3_busy_timeout(handle(), static_cast<int>(patience.count()));
  const int code = sqlite3_wal_checkpoint_v2(handle(), nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(handle(), busy_timeout_ms);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) throw SqliteError(handle(), "copy its WAL");
}

void Connection::limit_wal(std::uint64_t bytes) {
  const auto pages = std::clamp<std::uint64_t>(bytes / page_bytes, 1, usual_wal_pages);
  sqlite3_wal_autocheckpoint(handle(), static_cast<int>(pages));
}

Connection::Cache::node_type Connection::take(std::string_view sql) {
  if (const auto found = cache_.find(sql); found != cache_.end()) return cache_.extract(found);
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &prepared, nullptr);
  if (code != SQLITE_OK) throw SqliteError(handle(), "prepare a statement");
  Cache made;
  made.emplace(std::string(sql), prepared);
  return made.extract(made.begin());
}

void Connection::give_back(Cache::node_type statement) {
  if (cache_.size() >= cached_statements) cache_.erase(cache_.begin());
  cache_.insert(std::move(statement));  // a second copy, made while the first was in use, is finalized
}

}  // namespace lightfast::db::sqlite
