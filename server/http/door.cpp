#include "server/http/door.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

namespace lightfast::http {
namespace {

constexpr int accept_batch = 64;  // then the connections have their turn
constexpr int rounds = 16;        // then the sessions have theirs
constexpr std::chrono::milliseconds accept_pause{100};

bool is_shortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS || error_number == ENOMEM;
}

bool is_empty(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

}  // namespace

Door::Door(boost::asio::io_context& context, Lane* lane, House house, Patience patience)
    : epoll_(context.get_executor(), ::epoll_create1(EPOLL_CLOEXEC)),
      accept_timer_(context),
      lane_(lane),
      house_(std::move(house)),
      patience_(patience) {}

void Door::open(UniqueFd listener) {
  listener_ = std::move(listener);
  watch(listener_.get(), EPOLLIN);
  wait();
}

void Door::wait() {
  epoll_.async_wait(decltype(epoll_)::wait_read, [this](const boost::system::error_code& error) {
    if (!error) attend();
  });
}

// While it is busy it asks its own epoll again, instead of going round through the core's.
void Door::attend() {
  std::array<epoll_event, 256> events;
  int count = 2;
  for (int round = 0; round < rounds && count > 1; ++round) {
    count = ::epoll_wait(epoll_.native_handle(), events.data(), events.size(), 0);
    if (lane_ && count > 0) lane_->catch_up();
    for (int i = 0; i < count; ++i) {
      const auto& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd != listener_.get())
        attend_to(event.data.fd, event.events);
      else if (!accept_waiting())
        pause_accepting();
    }
  }
  if (epoll_.is_open()) wait();
}

// accept4 and not Asio's accept, which lets child processes inherit the connections. False: out of descriptors or
// memory.
bool Door::accept_waiting() {
  for (int i = 0; i < accept_batch; ++i) {
    sockaddr_storage peer{};
    auto* const address = reinterpret_cast<sockaddr*>(&peer);
    socklen_t size = sizeof peer;
    UniqueFd socket(::accept4(listener_.get(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      welcome(std::move(socket), IpAddress::from(*address).value_or(IpAddress()));
    } else if (is_empty(errno)) {
      return true;
    } else if (is_shortage(errno)) {
      house_.short_of(std::strerror(errno));
      return false;
    }
    // Anything else (ECONNABORTED, network errors) belongs to that one connection.
  }
  return true;
}

void Door::pause_accepting() {
  unwatch(listener_.get());
  accept_timer_.expires_after(accept_pause);
  accept_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch(listener_.get(), EPOLLIN);
  });
}

// A request often comes with its connection: then one that ends with its answer never needs to be watched.
void Door::welcome(UniqueFd socket, const IpAddress& peer) {
  if (!house_.has_room()) {
    house_.short_of("the limit of connections is reached");
    return house_.refuse(std::move(socket));
  }
  if (!lane_) return house_.let_in(std::move(socket), {.peer = peer});
  const auto index = static_cast<std::size_t>(socket.get());
  if (visitors_.size() <= index) visitors_.resize(std::max(index + 1, 2 * visitors_.size()));
  visitors_[index] = {.peer = peer, .is_fresh = true};
  Arrival arrival{.peer = peer};
  switch (hear(socket.get(), false, arrival)) {
    case Wish::enter: return house_.let_in(std::move(socket), std::move(arrival));
    case Wish::leave: return leave(socket.release());
    case Wish::stay: visitors_[index].is_here = true; watch(socket.release(), EPOLLIN | EPOLLRDHUP | EPOLLET);
  }
}

void Door::attend_to(int socket, std::uint32_t events) {
  if (!visitor(socket).is_here) return;
  Arrival arrival{.peer = visitor(socket).peer};
  switch (hear(socket, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0, arrival)) {
    case Wish::stay: return;
    case Wish::leave: return leave(socket);
    case Wish::enter:
      visitor(socket).is_here = false;
      unwatch(socket);
      house_.let_in(UniqueFd(socket), std::move(arrival));
  }
}

// Reads until there is nothing left. Less than a whole buffer means that there was no more, unless the client has
// ended; what comes later is an event of its own.
Door::Wish Door::hear(int socket, bool is_ending, Arrival& arrival) {
  char buffer[4096];
  std::size_t count = sizeof buffer;
  while (count == sizeof buffer || is_ending) {
    const auto received = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received < 0 && is_empty(errno)) return Wish::stay;
    if (received <= 0) return Wish::leave;
    count = static_cast<std::size_t>(received);
    const auto wish = serve(socket, {buffer, count}, arrival);
    if (wish != Wish::stay) return wish;
    visitor(socket).is_fresh = visitor(socket).was_served = true;
  }
  return Wish::stay;
}

Door::Wish Door::serve(int socket, std::string_view input, Arrival& arrival) {
  while (!input.empty()) {
    auto answer = lane_->serve(socket, arrival.peer, input);
    if (answer.consumed == 0) break;
    input.remove_prefix(answer.consumed);
    const bool is_over = answer.is_over();
    arrival.answered = std::move(answer);
    if (!is_over) break;
  }
  const auto& last = arrival.answered;
  if (input.empty() && last.is_over()) return Wish::stay;
  arrival.bytes = input;
  const bool is_done = last.sent == SentNow::broken || (last.sent == SentNow::all && !last.keep_alive && input.empty());
  return is_done ? Wish::leave : Wish::enter;
}

void Door::leave(int socket) {
  visitor(socket).is_here = false;
  ::close(socket);
  house_.left();
}

void Door::sweep(std::chrono::nanoseconds since_last) {
  for (std::size_t fd = 0; fd < visitors_.size(); ++fd) {
    auto& visitor = visitors_[fd];
    if (!visitor.is_here) continue;
    // What came since the last sweep counts from here, so nobody gets less than the limit.
    visitor.waited = std::exchange(visitor.is_fresh, false) ? std::chrono::nanoseconds(0) : visitor.waited + since_last;
    if (visitor.waited >= (visitor.was_served ? patience_.idle : patience_.first)) leave(static_cast<int>(fd));
  }
}

void Door::close() {
  accept_timer_.cancel();
  listener_.reset();
  for (std::size_t index = 0; index < visitors_.size(); ++index) {
    const int socket = static_cast<int>(index);
    if (!visitor(socket).is_here) continue;
    char buffer[4096];
    const auto received = ::recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (received <= 0) {
      leave(socket);
    } else {
      visitor(socket).is_here = false;
      house_.let_in(UniqueFd(socket), {visitor(socket).peer, {buffer, static_cast<std::size_t>(received)}, {}});
    }
  }
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

void Door::watch(int socket, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket, &event);
}

void Door::unwatch(int socket) {
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
}

}  // namespace lightfast::http
