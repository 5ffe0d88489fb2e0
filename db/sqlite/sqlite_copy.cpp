#include "db/sqlite/sqlite_copy.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

constexpr int pages_per_step = 1'024;
constexpr int named_problems = 5;
constexpr int steps_between_looks = 10'000;

std::filesystem::path beside(const std::filesystem::path& path, const char* suffix) {
  return path.string() + suffix;
}

class Backup {
 public:
  Backup(Connection& from, Connection& to)
      : to_(to), backup_(sqlite3_backup_init(to.handle(), "main", from.handle(), "main")) {
    if (backup_ == nullptr) throw SqliteError(to.handle(), "begin its backup");
  }
  ~Backup() { sqlite3_backup_finish(backup_); }
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  bool step() {  // false: done
    const int code = sqlite3_backup_step(backup_, pages_per_step);
    if (code == SQLITE_DONE) return false;
    if (code == SQLITE_OK) return true;
    sqlite3_backup_finish(std::exchange(backup_, nullptr));  // which leaves the failure with the connection
    throw SqliteError(to_.handle(), "copy itself");
  }
  std::uint64_t total_pages() const { return static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_)); }
  std::uint64_t done_pages() const {
    return total_pages() - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_));
  }

 private:
  Connection& to_;
  sqlite3_backup* backup_;
};

std::uint64_t page_bytes(Connection& connection) {
  Statement row(connection, "PRAGMA page_size");
  row.next_row();
  return row.count();
}

// A write-ahead log beside the target belongs to the database that is there: it would be played into the new one.
Result<void> require_unused(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code missing;
  if (std::filesystem::equivalent(from, to, missing)) {
    return Error{Errc::invalid_request, "a database cannot be its own backup: name another folder"};
  }
  if (std::filesystem::exists(beside(to, "-wal"), missing)) {
    return Error{Errc::conflict, to.string() + " is in use as a database, or was not closed: name another folder"};
  }
  return {};
}

Result<void> make_partial(const std::filesystem::path& partial) {
  std::error_code ignored;
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) std::filesystem::remove(beside(partial, suffix), ignored);
  const UniqueFd made(::open(partial.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made) return system_error(errno, "cannot make the backup " + partial.string());
  return {};
}

// One read transaction over all steps: the writer goes on meanwhile, and the copy is never begun anew. It holds back
// the log, so the check, which takes as long again, is made on the copy: what is damaged replaces no older, sound
// backup.
void copy_snapshot(const std::filesystem::path& from, const std::filesystem::path& partial,
                   const Database::OnProgress& progress) {
  Connection source(from, Connection::Role::reader);
  source.execute("BEGIN; SELECT count(*) FROM sqlite_master;");  // which begins only with the first look
  const std::uint64_t bytes = page_bytes(source);
  Connection target(partial, Connection::Role::copy);
  Backup backup(source, target);
  while (backup.step()) {
    if (progress) progress({backup.done_pages() * bytes, backup.total_pages() * bytes});
  }
  if (progress) progress({backup.total_pages() * bytes, backup.total_pages() * bytes});
}

Result<void> check_copy(const std::filesystem::path& partial) {
  Connection copy(partial, Connection::Role::immutable);
  return quick_check(copy);
}

// While it lives, what runs on the connection ends early when asked to.
class InterruptibleBy {
 public:
  InterruptibleBy(Connection& connection, const std::stop_token& stop) : handle_(connection.handle()) {
    sqlite3_progress_handler(handle_, steps_between_looks, &is_stopped, const_cast<std::stop_token*>(&stop));
  }
  ~InterruptibleBy() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }
  InterruptibleBy(const InterruptibleBy&) = delete;
  InterruptibleBy& operator=(const InterruptibleBy&) = delete;

 private:
  static int is_stopped(void* stop) { return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0; }
  sqlite3* handle_;
};

// SQLite's check lists a page that it could not read, for an I/O error or for want of memory, beside what is damaged:
// the disk's trouble of a moment is no damage, and what else is listed may follow from the missing page.
bool tells_of_failed_read(std::string_view problem) {
  const std::string corrupt = "error code=" + std::to_string(SQLITE_CORRUPT);
  if (problem.find("unable to get the page") != std::string_view::npos) return !problem.ends_with(corrupt);
  return problem.find("failed to get page") != std::string_view::npos;
}

Result<void> sync(const std::filesystem::path& path, int flags) {
  const UniqueFd opened(::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return system_error(errno, "cannot sync " + path.string());
  return {};
}

Result<void> put_in_place(const std::filesystem::path& partial, const std::filesystem::path& to) {
  if (const auto synced = sync(partial, 0); !synced) return synced.error();
  if (::rename(partial.c_str(), to.c_str()) != 0)
    return system_error(errno, "cannot rename the backup to " + to.string());
  return sync(to.has_parent_path() ? to.parent_path() : ".", O_DIRECTORY);
}

}  // namespace

Result<void> quick_check(Connection& connection, const std::stop_token& stop) {
  const InterruptibleBy interruptible(connection, stop);
  auto checked = guarded([&]() -> Result<void> {
    Statement row(connection, "PRAGMA quick_check(" + std::to_string(named_problems) + ")");
    std::string problems;
    bool all_read = true;
    while (row.next_row()) {
      const std::string problem = row.text();
      if (problem == "ok") continue;
      problems += (problems.empty() ? "" : "; ") + problem;
      all_read = all_read && !tells_of_failed_read(problem);
    }
    if (problems.empty()) return {};
    if (!all_read) return Error{Errc::internal, "the database could not be read to its end: " + problems};
    return Error{Errc::damaged, "the database is damaged: " + problems};
  });
  if (stop.stop_requested()) return Error{Errc::internal, "the check was interrupted"};
  return checked;
}

Result<void> back_up(const std::filesystem::path& from, const std::filesystem::path& to,
                     const Database::OnProgress& progress) {
  return guarded([&]() -> Result<void> {
    if (const auto unused = require_unused(from, to); !unused) return unused.error();
    const std::filesystem::path partial = beside(to, ".partial");
    if (const auto made = make_partial(partial); !made) return made.error();
    std::error_code ignored;
    try {
      copy_snapshot(from, partial, progress);
      const auto sound = check_copy(partial);
      if (!sound) {
        std::filesystem::remove(partial, ignored);
        return sound.error();
      }
    } catch (...) {
      std::filesystem::remove(partial, ignored);
      throw;
    }
    return put_in_place(partial, to);
  });
}

}  // namespace lightfast::db::sqlite
