// Runs `count` tasks of one caller, some of them at a time, on the caller's own executor.
#pragma once

#include <cstddef>
#include <functional>

#include "base/task.h"

namespace lightfast {

// co_awaits fn(0) … fn(count - 1), at most `at_once` of them under way. The first exception is thrown at the end.
Task<> concurrently(std::size_t count, std::size_t at_once, std::function<Task<>(std::size_t)> fn);

}  // namespace lightfast
