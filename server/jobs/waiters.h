// Lets coroutines of any executor wait for a job (or another thing with a name) to end, or to be in trouble. Any
// thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/task.h"

namespace lightfast::jobs {

class Waiters {
 public:
  class Ticket;

  // Taken before looking whether the thing has ended, so that an end in between is not missed.
  Task<std::shared_ptr<Ticket>> enrol(std::string name);

  // Until notify(name) or `timeout`; at once if it was notified since the ticket was taken. Gives the trouble that the
  // notification told of.
  static Task<std::optional<Error>> wait(std::shared_ptr<Ticket> ticket, std::chrono::milliseconds timeout);

  void notify(const std::string& name, std::optional<Error> trouble = std::nullopt);
  void notify_all();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::weak_ptr<Ticket>>> tickets_;
};

}  // namespace lightfast::jobs
