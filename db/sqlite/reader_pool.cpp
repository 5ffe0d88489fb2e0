#include "db/sqlite/reader_pool.h"

namespace lightfast::db::sqlite {

ReaderPool::Lease ReaderPool::borrow() {
  std::unique_ptr<SqliteSession> session = take_idle();
  if (!session) {
    try {
      session = std::make_unique<SqliteSession>(path_, role_);
    } catch (...) {
      give_back(nullptr);
      throw;
    }
  }
  return {session.release(), [this](SqliteSession* back) { give_back(std::unique_ptr<SqliteSession>(back)); }};
}

std::unique_ptr<SqliteSession> ReaderPool::take_idle() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty() || made_ < largest_; });
  if (idle_.empty()) {
    ++made_;
    return nullptr;
  }
  auto session = std::move(idle_.back());
  idle_.pop_back();
  return session;
}

void ReaderPool::give_back(std::unique_ptr<SqliteSession> session) {
  {
    const std::lock_guard lock(mutex_);
    if (session) {
      idle_.push_back(std::move(session));
    } else {
      --made_;
    }
  }
  returned_.notify_one();
}

}  // namespace lightfast::db::sqlite
