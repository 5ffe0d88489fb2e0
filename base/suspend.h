// How a coroutine waits for plain code that calls back, whatever thread that happens on.
#pragma once

#include <functional>

#include "base/task.h"

namespace lightfast {

// Lets the coroutine that waits go on, on its own executor. To be called once; destroyed uncalled, it ends the wait and
// the coroutine with it.
using Resume = std::function<void()>;

// Suspends the caller, whose executor is kept running meanwhile, and calls `begin`. The Resume may be called by any
// thread, also while `begin` still runs.
Task<> suspend(std::function<void(Resume)> begin);

}  // namespace lightfast
