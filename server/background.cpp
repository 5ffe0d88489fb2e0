#include "server/background.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

namespace lightfast {

namespace asio = boost::asio;

Background::Background(asio::io_context& context, Logger& log) : context_(context), log_(log) {}

std::chrono::milliseconds Pause::after(std::chrono::milliseconds work) const {
  return std::clamp(times_work * work, least, std::max(least, most));
}

void Background::repeat(std::string name, Pause pause, std::function<Task<void>()> task) {
  spawn(std::move(name), loop(pause, std::move(task)));
}

Task<void> Background::loop(Pause pause, std::function<Task<void>()> task) {
  using std::chrono::steady_clock;
  asio::steady_timer timer(context_);
  pauses_.push_back(&timer);
  auto began = steady_clock::now();
  co_await task();
  while (!stopping_.stop_requested()) {
    boost::system::error_code cancelled;
    timer.expires_after(pause.after(std::chrono::ceil<std::chrono::milliseconds>(steady_clock::now() - began)));
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    began = steady_clock::now();
    co_await task();
  }
  std::erase(pauses_, &timer);
}

void Background::spawn(std::string name, Task<void> task) {
  asio::co_spawn(context_, std::move(task), [this, name = std::move(name)](std::exception_ptr problem) {
    if (!problem) return;
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log_.error("background work broke off", {{"work", name}, {"reason", error.what()}});
    }
  });
}

void Background::stop() {
  stopping_.request_stop();
  for (auto* timer : pauses_) timer->cancel();
}

}  // namespace lightfast
