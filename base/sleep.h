// Waiting as a seam: a coroutine sleeps by a timer, a test's sleep turns the hands of its clock. Any thread.
#pragma once

#include <chrono>
#include <functional>

#include "base/task.h"

namespace lightfast {

using Sleep = std::function<Task<>(std::chrono::milliseconds)>;

// A timer on the executor of the coroutine that waits.
Sleep timer_sleep();

}  // namespace lightfast
