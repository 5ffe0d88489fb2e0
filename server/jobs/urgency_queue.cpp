#include "server/jobs/urgency_queue.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lightfast::jobs {

namespace asio = boost::asio;

Task<UrgencyQueue::Place> UrgencyQueue::enter(std::optional<Timestamp> urgent_by) {
  if (free_ > 0) {
    --free_;
    co_return Place(*this);
  }
  auto turn = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, SteadyTime::max());
  waiting_.emplace(urgent_by.value_or(Timestamp::max()), turn);
  boost::system::error_code cancelled;
  co_await turn->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  co_return Place(*this);  // whoever left handed its place on
}

void UrgencyQueue::give_back() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  const auto next = waiting_.begin();
  next->second->cancel();
  waiting_.erase(next);
}

}  // namespace lightfast::jobs
