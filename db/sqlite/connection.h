// One open SQLite connection and its prepared statements, kept for the next use (a bounded number). Failures are thrown
// as SqliteError. Used by one thread at a time.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "db/sqlite/sqlite_error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace lightfast::db::sqlite {

class Connection {
 public:
  // A reader cannot change anything. An immutable file is on a medium that nobody can write, and has no WAL. A copy is
  // being made, nobody else knows of it, and it isn't whole unless it is finished.
  enum class Role { writer, reader, immutable, copy };

  // Opens an existing file (it may be empty); the writer's in WAL mode.
  Connection(const std::filesystem::path& path, Role role);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void execute(const std::string& sql);  // one or more statements, without parameters or rows

  // False also when SQLite undid the transaction by itself, as it may on a full disk or an I/O error.
  bool in_transaction() const;
  void roll_back() noexcept;  // nothing where there is no transaction

  // Copies the WAL into the file, as far as readers allow, for whose end it waits no longer than this. What it holds of
  // the disk is given back, or used again by the transactions that follow.
  enum class Wal { truncated, reused };
  void checkpoint(Wal afterwards, std::chrono::milliseconds patience);
  void limit_wal(std::uint64_t bytes);  // copied by itself at this size, or at 4 MB

  sqlite3* handle() const { return handle_.get(); }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Cache = std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, Hash, std::equal_to<>>;

  void require_writable(const std::filesystem::path& path);
  void require_wal(const std::filesystem::path& path);
  void require_changeable();
  void keep_files_at_close();
  Cache::node_type take(std::string_view sql);  // from the cache, or prepared
  void give_back(Cache::node_type statement);

  std::unique_ptr<sqlite3, Close> handle_;
  Cache cache_;
};

// guarded(), for changes: one that went on after SQLite had undone its transaction would be kept piece by piece.
template <class Fn>
std::invoke_result_t<Fn&> changing(const Connection& connection, Fn fn) {
  if (!connection.in_transaction()) return Error{Errc::internal, "a change was tried outside of a transaction"};
  return guarded(std::move(fn));
}

}  // namespace lightfast::db::sqlite
