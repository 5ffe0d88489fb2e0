// How coroutines and plain code call a Database and get values back: `co_await commit(db, fn)`, `read(db, fn)`,
// `commit_blocking(db, fn)`, where fn takes a Session& and returns Result<T>.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/task.h"
#include "db/database.h"

namespace lightfast::db {

// Blocking: for worker threads and commands.
template <class Fn>
std::invoke_result_t<Fn&, const Session&> read(Database& database, Fn fn) {
  std::optional<std::invoke_result_t<Fn&, const Session&>> result;
  const Result<void> outcome = database.read([&](const Session& session) -> Result<void> {
    result.emplace(fn(session));
    if (!*result) return result->error();
    return {};
  });
  if (!outcome) return outcome.error();
  return std::move(*result);
}

// Until the change is durable, or the error that kept it from being so.
Task<Result<void>> submitted(Database& database, Database::Change change);

// The change's own result once it is durable, or the error that kept it from being so.
template <class Fn>
Task<std::invoke_result_t<Fn&, Session&>> commit(Database& database, Fn fn) {
  std::optional<std::invoke_result_t<Fn&, Session&>> result;
  Database::Change change = [&](Session& session) -> Result<void> {
    result.emplace(fn(session));
    if (!*result) return result->error();
    return {};
  };
  const Result<void> outcome = co_await submitted(database, std::move(change));
  if (!outcome) co_return outcome.error();
  co_return std::move(*result);
}

template <class Fn>
std::invoke_result_t<Fn&, Session&> commit_blocking(Database& database, Fn fn) {
  std::optional<std::invoke_result_t<Fn&, Session&>> result;
  std::promise<void> finished;
  database.submit(
      [&](Session& session) -> Result<void> {
        result.emplace(fn(session));
        if (!*result) return result->error();
        return {};
      },
      [&](Result<void> outcome) {
        if (!outcome) result.emplace(outcome.error());
        finished.set_value();
      });
  finished.get_future().wait();
  return std::move(*result);
}

}  // namespace lightfast::db
