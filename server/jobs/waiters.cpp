#include "server/jobs/waiters.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lightfast::jobs {

namespace asio = boost::asio;

// `notified`, `trouble` and the timer are touched on the waiter's own executor only.
class Waiters::Ticket {
 public:
  explicit Ticket(asio::any_io_executor executor) : timer(std::move(executor)) {}
  asio::steady_timer timer;
  bool notified = false;
  std::optional<Error> trouble;
};

Task<std::shared_ptr<Waiters::Ticket>> Waiters::enrol(std::string name) {
  auto ticket = std::make_shared<Ticket>(co_await asio::this_coro::executor);
  const std::lock_guard lock(mutex_);
  auto& tickets = tickets_[name];
  std::erase_if(tickets, [](const auto& other) { return other.expired(); });
  tickets.push_back(ticket);
  co_return ticket;
}

Task<std::optional<Error>> Waiters::wait(std::shared_ptr<Ticket> ticket, std::chrono::milliseconds timeout) {
  if (ticket->notified) co_return std::move(ticket->trouble);
  boost::system::error_code cancelled;
  ticket->timer.expires_after(timeout);
  co_await ticket->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  co_return std::move(ticket->trouble);
}

void Waiters::notify_all() {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, tickets] : tickets_) names.push_back(name);
  }
  for (const auto& name : names) notify(name);
}

void Waiters::notify(const std::string& name, std::optional<Error> trouble) {
  std::vector<std::weak_ptr<Ticket>> tickets;
  {
    const std::lock_guard lock(mutex_);
    const auto found = tickets_.find(name);
    if (found == tickets_.end()) return;
    tickets = std::move(found->second);
    tickets_.erase(found);
  }
  for (auto& weak : tickets) {
    if (auto ticket = weak.lock()) {
      asio::post(ticket->timer.get_executor(), [ticket, trouble] {
        ticket->notified = true;
        ticket->trouble = trouble;
        ticket->timer.cancel();
      });
    }
  }
}

}  // namespace lightfast::jobs
