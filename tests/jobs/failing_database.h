// A database whose changes fail from a given one on, until it is told to work again, and which tells of each that is
// submitted. Any thread.
#pragma once

#include <limits>
#include <memory>
#include <mutex>

#include "db/database.h"

namespace lightfast::test {

class FailingDatabase final : public db::Database {
 public:
  explicit FailingDatabase(std::unique_ptr<db::Database> database) : database_(std::move(database)) {}

  void fail_after(int changes, Error error) {
    const std::lock_guard lock(mutex_);
    changes_left_ = changes;
    error_ = std::move(error);
  }
  void work_again() {
    const std::lock_guard lock(mutex_);
    changes_left_ = std::numeric_limits<int>::max();
  }

  // Called by whoever submits, before anything else; to be set before changes are.
  void when_submitted(std::function<void()> action) { when_submitted_ = std::move(action); }

  Result<void> read(const std::function<Result<void>(const db::Session&)>& look) override {
    return database_->read(look);
  }
  void submit(Change change, Done done) override {
    if (when_submitted_) when_submitted_();
    {
      const std::lock_guard lock(mutex_);
      if (changes_left_ == 0) return done(error_);
      --changes_left_;
    }
    database_->submit(std::move(change), std::move(done));
  }
  Result<void> backup_to(const std::filesystem::path& target, const OnProgress& progress) override {
    return database_->backup_to(target, progress);
  }
  Result<void> quick_check(const std::stop_token& stop) override { return database_->quick_check(stop); }
  void watch_withdrawals(OnWithdrawn watcher) override { database_->watch_withdrawals(std::move(watcher)); }
  db::Health health() const override { return database_->health(); }
  std::uint64_t log_bytes() const override { return database_->log_bytes(); }

 private:
  std::unique_ptr<db::Database> database_;
  std::mutex mutex_;
  int changes_left_ = std::numeric_limits<int>::max();
  Error error_;
  std::function<void()> when_submitted_;
};

}  // namespace lightfast::test
