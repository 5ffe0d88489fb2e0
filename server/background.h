// What goes on beside the requests while the server runs: accesses written, webhooks sent, leftovers of a crash put in
// order. On one executor, until stopped.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

#include "base/log.h"
#include "base/task.h"

namespace lightfast {

// How long a task rests: `least`, but where it takes long, so many times as long as it took, up to `most`.
struct Pause {
  std::chrono::milliseconds least;
  unsigned times_work = 0;
  std::chrono::milliseconds most = least;

  std::chrono::milliseconds after(std::chrono::milliseconds work) const;
};

class Background {
 public:
  Background(boost::asio::io_context& context, Logger& log);

  // Runs `task` now, again and again, `pause` after it ended, and once more at the stop.
  void repeat(std::string name, Pause pause, std::function<Task<void>()> task);

  std::stop_token stop_token() const { return stopping_.get_token(); }
  void stop();  // ends the pauses; the tasks under way finish

 private:
  Task<void> loop(Pause pause, std::function<Task<void>()> task);
  void spawn(std::string name, Task<void> task);

  boost::asio::io_context& context_;
  Logger& log_;
  std::stop_source stopping_;
  std::vector<boost::asio::steady_timer*> pauses_;
};

}  // namespace lightfast
