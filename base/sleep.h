// Waiting as a seam: a coroutine sleeps by a timer, a test's sleep turns the hands of its clock. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/task.h"

namespace lightfast {

using Sleep = std::function<Task<>(std::chrono::milliseconds)>;

// A timer on the executor of the coroutine that waits.
Sleep timer_sleep();

// Timers that can all be cut short: a process that stops waits for no one's patience.
class Sleeper {
 public:
  Sleeper();
  ~Sleeper();

  Sleep sleep() const;  // may outlive this
  void stop();          // ends every sleep under way; later ones last a moment at most

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lightfast
