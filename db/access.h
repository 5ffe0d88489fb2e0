// How coroutines and plain code call a Database and get values back: `co_await commit(db, fn)`, `read(db, fn)`,
// `commit_blocking(db, fn)`, where fn takes a Session& and returns Result<T>.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
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

// The change's own result once it is durable, or the error that kept it from being so.
template <class Fn>
Task<std::invoke_result_t<Fn&, Session&>> commit(Database& database, Fn fn) {
  using ResultType = std::invoke_result_t<Fn&, Session&>;
  std::optional<ResultType> result;
  auto executor = co_await boost::asio::this_coro::executor;
  auto initiate = [&database, &fn, &result, executor](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    database.submit(
        [&fn, &result](Session& session) -> Result<void> {
          result.emplace(fn(session));
          if (!*result) return result->error();
          return {};
        },
        [&result, shared, work](Result<void> outcome) {
          if (!outcome) result.emplace(outcome.error());
          boost::asio::post(work, [shared] { std::move (*shared)(); });
        });
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(initiate,
                                                                                      boost::asio::use_awaitable);
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
