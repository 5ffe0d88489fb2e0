#include "db/sqlite/writer.h"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <iterator>

#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {
namespace {

// SQLite cuts the log by itself after 4 MB where no reader needs it. One that is held on to is kept under 64 MB: what
// is left above `full` is for the last group.
constexpr std::uintmax_t large_wal_bytes = 16u << 20;
constexpr std::uintmax_t full_wal_bytes = 40u << 20;
constexpr std::chrono::seconds patience_with_readers{2};
constexpr std::chrono::minutes pause_between_tellings{1};

Error wal_is_full() {
  return {Errc::overloaded,
          "the database takes no changes just now, since its log cannot be cut while someone reads it; try again in a "
          "moment",
          std::chrono::seconds(5)};
}

// Whether it is time to say again what was said before.
bool is_news(std::optional<std::chrono::steady_clock::time_point>& told) {
  const auto now = std::chrono::steady_clock::now();
  if (told && now - *told < pause_between_tellings) return false;
  told = now;
  return true;
}

// A change must not throw; one that does is undone like one that fails.
Result<void> call(const Database::Change& change, Session& session) {
  try {
    return change(session);
  } catch (const std::exception& failure) {
    return Error{Errc::internal, std::string("a change of the database threw: ") + failure.what()};
  } catch (...) {
    return Error{Errc::internal, "a change of the database threw"};
  }
}

}  // namespace

Writer::Writer(std::filesystem::path path, std::unique_ptr<SqliteSession> session, Limits limits, Ballast* ballast,
               FileHealth& health, Logger& log)
    : path_(std::move(path)),
      limits_(limits),
      ballast_(ballast),
      health_(health),
      log_(log),
      session_(std::move(session)) {
  if (ballast_ != nullptr) session_->connection().limit_wal(ballast_->size_bytes() / 2);
  thread_ = std::thread([this] { loop(); });
  pthread_setname_np(thread_.native_handle(), "db-writer");
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  submitted_.notify_one();
  thread_.join();
}

void Writer::submit(Database::Change change, Database::Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < limits_.queue) {
      queue_.push_back({std::move(change), std::move(done)});
      submitted_.notify_one();
      return;
    }
  }
  done(Error{Errc::overloaded, "too many changes wait for the database; try again in a moment",
             std::chrono::seconds(1)});
}

void Writer::loop() {
  while (run_group(wait_for_group())) keep_wal_small(std::chrono::milliseconds(0));
}

// By value: what the changes and dones hold is let go before the next wait.
bool Writer::run_group(std::vector<Pending> group) {
  if (group.empty()) return false;
  if (!has_room_in_wal()) {
    for (Pending& pending : group) pending.done(wal_is_full());
    return true;
  }
  if (ballast_ != nullptr && ballast_->make_room()) spare_disk();
  std::span<Pending> rest = group;
  while (!rest.empty()) {
    const std::size_t finished = run_transaction(rest);
    for (Pending& pending : rest.first(finished)) pending.done(std::move(pending.outcome));
    rest = rest.subspan(finished);
  }
  return true;
}

std::vector<Writer::Pending> Writer::wait_for_group() {
  std::unique_lock lock(mutex_);
  submitted_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(limits_.group, queue_.size()));
  std::vector<Pending> group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

std::size_t Writer::run_transaction(std::span<Pending> group) {
  std::size_t ran = 0;
  std::vector<ImageId> withdrawn;
  try {
    if (!is_trusted_) open_anew();
    run("BEGIN IMMEDIATE");
    while (ran < group.size()) {
      Pending& pending = group[ran++];
      pending.outcome = run_change(pending.change);
    }
    withdrawn = session_->take_withdrawn();
    run("COMMIT");
  } catch (const SqliteError& failure) {
    if (ran == 0) ran = group.size();  // not even begun
    for (Pending& pending : group.first(ran)) {
      if (pending.outcome) pending.outcome = failure.error();
    }
    recover(failure.error());
  }
  tell_withdrawn(withdrawn);  // after a failed COMMIT too: nobody knows whether it took hold
  return ran;
}

void Writer::watch_withdrawals(Database::OnWithdrawn watcher) {
  const std::lock_guard lock(mutex_);
  watcher_ = std::move(watcher);
}

void Writer::tell_withdrawn(const std::vector<ImageId>& images) {
  if (images.empty()) return;
  const std::lock_guard lock(mutex_);
  if (watcher_) watcher_(images);
}

Result<void> Writer::run_change(const Database::Change& change) {
  run("SAVEPOINT change");
  auto outcome = call(change, *session_);
  if (!session_->connection().in_transaction()) {
    throw SqliteError(outcome ? Error{Errc::internal, "the database undid the transaction"} : outcome.error());
  }
  if (!outcome) {
    health_.note(outcome.error());
    run("ROLLBACK TO change");
  }
  run("RELEASE change");
  return outcome;
}

void Writer::run(std::string_view statement) {
  Statement(session_->connection(), statement).run();
}

// After anything but a full disk or a lock the connection's view of the file is not to be trusted: it is opened anew.
// The old one ends only then, so that the log is not recovered from its file: that would bring back frames whose sync
// failed, and let later commits build on what the disk may never have got.
void Writer::recover(const Error& error) {
  tell_failure(error);
  health_.note(error);
  session_->connection().roll_back();
  if (error.code == Errc::storage_full && ballast_ != nullptr) ballast_->give_up();
  if (error.code == Errc::storage_full || error.code == Errc::overloaded) return;
  is_trusted_ = false;
  try {
    open_anew();
  } catch (const SqliteError& failure) {
    log_.error("database cannot be opened anew", {{"detail", failure.error().detail}});
  }
}

// A full disk fails what comes every second too.
void Writer::tell_failure(const Error& error) {
  if (error.code == Errc::storage_full && !is_news(told_of_full_disk_)) return;
  log_.error("database transaction failed", {{"code", to_string(error.code)}, {"detail", error.detail}});
}

void Writer::open_anew() {
  session_ = std::make_unique<SqliteSession>(path_, Connection::Role::writer);
  if (ballast_ != nullptr) session_->connection().limit_wal(ballast_->size_bytes() / 2);
  is_trusted_ = true;
}

bool Writer::has_room_in_wal() {
  if (wal_bytes() <= full_wal_bytes) return true;
  keep_wal_small(patience_with_readers);
  if (wal_bytes() <= full_wal_bytes) return true;
  if (is_news(told_of_full_wal_)) {
    log_.error("changes are refused: someone has been reading the database for so long that its log is full",
               {{"log_bytes", wal_bytes()},
                {"do", "end the program that has " + path_.string() + " open in a transaction (fuser shows it)"}});
  }
  return false;
}

void Writer::keep_wal_small(std::chrono::milliseconds patience) {
  if (wal_bytes() > large_wal_bytes) empty_wal(Connection::Wal::truncated, patience);
}

// Emptied, the log takes the next changes without more disk. That makes the file grow, for which the ballast's room
// must do: a log that holds more is left as it is.
void Writer::spare_disk() {
  if (wal_bytes() <= ballast_->size_bytes()) empty_wal(Connection::Wal::reused, std::chrono::milliseconds(0));
}

void Writer::empty_wal(Connection::Wal afterwards, std::chrono::milliseconds patience) {
  if (!is_trusted_) return;
  try {
    session_->connection().checkpoint(afterwards, patience);
  } catch (const SqliteError& failure) {
    recover(failure.error());
  }
}

std::uintmax_t Writer::wal_bytes() const {
  std::error_code missing;
  const auto size = std::filesystem::file_size(path_.string() + "-wal", missing);
  return missing ? 0 : size;
}

}  // namespace lightfast::db::sqlite
