#include "base/concurrently.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/clock.h"

namespace lightfast {

Task<> concurrently(std::size_t count, std::size_t at_once, std::function<Task<>(std::size_t)> fn) {
  auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer all_done(executor, SteadyTime::max());
  std::size_t next = 0;
  std::size_t running = std::min(count, at_once);
  std::exception_ptr first_problem;
  const auto lane = [&]() -> Task<> {
    while (next < count) co_await fn(next++);
  };
  for (std::size_t i = 0, lanes = running; i < lanes; ++i) {
    boost::asio::co_spawn(executor, lane, [&](std::exception_ptr problem) {
      if (problem && !first_problem) first_problem = problem;
      if (--running == 0) all_done.cancel();
    });
  }
  boost::system::error_code cancelled;
  if (running > 0) co_await all_done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
  if (first_problem) std::rethrow_exception(first_problem);
}

}  // namespace lightfast
