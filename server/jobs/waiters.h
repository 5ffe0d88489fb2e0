// Lets coroutines of any executor wait for a job (or another thing with a name) to end. Any thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"

namespace lightfast::jobs {

class Waiters {
 public:
  class Ticket;

  // Taken before looking whether the thing has ended, so that an end in between is not missed.
  Task<std::shared_ptr<Ticket>> enrol(std::string name);

  // Until notify(name) or `timeout`; at once if it was notified since the ticket was taken.
  static Task<void> wait(std::shared_ptr<Ticket> ticket, std::chrono::milliseconds timeout);

  void notify(const std::string& name);
  void notify_all();

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::weak_ptr<Ticket>>> tickets_;
};

}  // namespace lightfast::jobs
