// A few reading connections, made when first needed and lent one by one; who comes when all are out, waits. Any thread.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "db/sqlite/sqlite_session.h"

namespace lightfast::db::sqlite {

class ReaderPool {
 public:
  ReaderPool(std::filesystem::path path, Connection::Role role, std::size_t largest)
      : path_(std::move(path)), role_(role), largest_(largest) {}

  using Lease = std::unique_ptr<SqliteSession, std::function<void(SqliteSession*)>>;
  Lease borrow();  // goes back by itself; throws SqliteError where a connection cannot be opened

 private:
  std::unique_ptr<SqliteSession> take_idle();  // null: make one, it is counted already
  void give_back(std::unique_ptr<SqliteSession> session);

  const std::filesystem::path path_;
  const Connection::Role role_;
  const std::size_t largest_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteSession>> idle_;
  std::size_t made_ = 0;
};

}  // namespace lightfast::db::sqlite
