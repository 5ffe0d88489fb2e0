// A bounded pool of threads for plain blocking work (disk, SQLite, pixels), behind one door: co_await pool.run(fn).
// A full queue fails at once with Errc::overloaded instead of growing. Any thread may call; the pool must outlive
// its callers, and its destructor finishes what was accepted.
#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/task.h"

namespace lightfast {

class Workers {
 public:
  Workers(std::string name, unsigned threads, std::size_t queue_limit);  // the name shows in `ps -L` and in metrics
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `job` on a thread of the pool; false if the queue is full. The job must not throw.
  bool try_post(std::function<void()> job);
  std::size_t queued() const;
  const std::string& name() const { return name_; }

  // Runs `fn` (returning Result<T>) on the pool and resumes the caller on its own executor with the result.
  // Errc::overloaded when the queue is full. `fn` and what it refers to live until it has run.
  template <class Fn>
  Task<std::invoke_result_t<Fn&>> run(Fn fn);

 private:
  struct Impl;
  std::string name_;
  std::unique_ptr<Impl> impl_;
};

template <class Fn>
Task<std::invoke_result_t<Fn&>> Workers::run(Fn fn) {
  using ResultType = std::invoke_result_t<Fn&>;
  std::optional<ResultType> result;
  auto executor = co_await boost::asio::this_coro::executor;
  auto initiate = [this, &fn, &result, executor](auto handler) {
    // Shared because std::function wants to be copyable; the handler is resumed exactly once.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    const bool accepted = try_post([&fn, &result, shared, work] {
      result.emplace(fn());
      boost::asio::dispatch(work, [shared] { std::move (*shared)(); });
    });
    if (!accepted) {
      result.emplace(Error{Errc::overloaded, "too much is waiting for " + name_ + " workers; try again in a moment",
                           std::chrono::seconds(1)});
      boost::asio::post(executor, [shared] { std::move (*shared)(); });
    }
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(initiate,
                                                                                     boost::asio::use_awaitable);
  co_return std::move(*result);
}

}  // namespace lightfast
