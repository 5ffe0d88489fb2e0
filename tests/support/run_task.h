// Runs one coroutine to its end on the calling thread and gives back its value.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>

#include "base/task.h"

namespace lightfast::test {

template <class T>
T run_task(Task<T> task) {
  boost::asio::io_context context;
  std::optional<T> value;
  std::exception_ptr problem;
  auto body = [&]() -> Task<> {
    T outcome = co_await std::move(task);
    value.emplace(std::move(outcome));
  };
  boost::asio::co_spawn(context, body, [&](std::exception_ptr thrown) { problem = thrown; });
  context.run();
  if (problem) std::rethrow_exception(problem);
  return std::move(*value);
}

}  // namespace lightfast::test
