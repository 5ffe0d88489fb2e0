// The one thread that writes: takes what is waiting, runs it in one transaction with a savepoint around each change,
// commits durably, and only then tells the callers. submit() from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/ballast.h"
#include "base/log.h"
#include "db/database.h"
#include "db/sqlite/file_health.h"
#include "db/sqlite/sqlite_session.h"

namespace lightfast::db::sqlite {

class Writer {
 public:
  struct Limits {
    std::size_t queue = 0;  // changes that may wait
    std::size_t group = 0;  // changes in one transaction
  };

  // `session` is an open writing session on `path`; `ballast` may be null.
  Writer(std::filesystem::path path, std::unique_ptr<SqliteSession> session, Limits limits, Ballast* ballast,
         FileHealth& health, Logger& log);
  ~Writer();  // finishes what was submitted
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void submit(Database::Change change, Database::Done done);
  void watch_withdrawals(Database::OnWithdrawn watcher);

 private:
  struct Pending {
    Database::Change change;
    Database::Done done;
    Result<void> outcome{};
  };

  void loop();
  std::vector<Pending> wait_for_group();       // empty: the end
  bool run_group(std::vector<Pending> group);  // false if it is empty
  // Runs `group` in one transaction and returns how many have their outcome now: all, but where SQLite undid the
  // transaction within a change, only those up to it.
  std::size_t run_transaction(std::span<Pending> group);
  Result<void> run_change(const Database::Change& change);
  void run(std::string_view statement);
  void tell_withdrawn(const std::vector<ImageId>& images);
  void recover(const Error& error);
  void tell_failure(const Error& error);
  void open_anew();        // throws SqliteError; then the next transaction tries again
  bool has_room_in_wal();  // false: readers hold on to it
  void keep_wal_small(std::chrono::milliseconds patience);
  void spare_disk();
  void empty_wal(Connection::Wal afterwards, std::chrono::milliseconds patience);
  std::uintmax_t wal_bytes() const;

  const std::filesystem::path path_;
  const Limits limits_;
  Ballast* const ballast_;
  FileHealth& health_;
  Logger& log_;
  std::unique_ptr<SqliteSession> session_;  // the thread's own from here on
  std::optional<std::chrono::steady_clock::time_point> told_of_full_wal_;
  std::optional<std::chrono::steady_clock::time_point> told_of_full_disk_;
  bool is_trusted_ = true;  // false: session_ must be opened anew before it is used

  std::mutex mutex_;
  std::condition_variable submitted_;
  std::deque<Pending> queue_;
  Database::OnWithdrawn watcher_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace lightfast::db::sqlite
