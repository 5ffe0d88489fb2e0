#include "base/sleep.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <set>

namespace lightfast {
namespace {

using Timer = boost::asio::steady_timer;

constexpr std::chrono::milliseconds moment{50};  // so that a loop of sleeps does not spin

Task<> sleep_by_timer(std::chrono::milliseconds time) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor, time);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

Sleep timer_sleep() { return sleep_by_timer; }

struct Sleeper::State {
  std::mutex mutex;
  std::set<std::shared_ptr<Timer>> timers;
  bool stopped = false;

  static Task<> sleep(std::shared_ptr<State> state, std::chrono::milliseconds time) {
    auto timer = std::make_shared<Timer>(co_await boost::asio::this_coro::executor);
    {
      const std::lock_guard lock(state->mutex);
      timer->expires_after(state->stopped ? std::min(time, moment) : time);
      state->timers.insert(timer);
    }
    boost::system::error_code cut_short;
    co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cut_short));
    const std::lock_guard lock(state->mutex);
    state->timers.erase(timer);
  }
};

Sleeper::Sleeper() : state_(std::make_shared<State>()) {}
Sleeper::~Sleeper() { stop(); }

Sleep Sleeper::sleep() const {
  return [state = state_](std::chrono::milliseconds time) { return State::sleep(state, time); };
}

// Each timer is cancelled on its own executor: it waits there by then, for the insertion and the wait are one step.
void Sleeper::stop() {
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  for (const auto& timer : state_->timers) {
    boost::asio::post(timer->get_executor(), [timer] { timer->cancel(); });
  }
}

}  // namespace lightfast
