#include "server/http/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

namespace lightfast::http {
namespace {

constexpr std::size_t small_buffer = 4 * 1024;  // what an idle connection keeps

}  // namespace

Connection::Connection(Socket socket, const IpAddress& peer, std::string_view initial, ConnectionList& list)
    : socket_(std::move(socket)), peer_(peer) {
  if (!initial.empty()) {
    make_room(initial.size());
    std::memcpy(buffer_.get(), initial.data(), initial.size());
    end_ = initial.size();
  }
  list.push_back(*this);
}

void Connection::make_room(std::size_t capacity) {
  const auto size = end_ - begin_;
  capacity = std::max({capacity, capacity_, small_buffer});
  if (capacity > capacity_) {
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (size > 0) std::memcpy(larger.get(), buffer_.get() + begin_, size);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  } else if (begin_ > 0 && size > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, size);
  }
  begin_ = 0;
  end_ = size;
}

void Connection::shrink_input() {
  if (begin_ != end_ || capacity_ <= small_buffer) return;
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

Task<bool> Connection::receive(std::size_t capacity) {
  if (expired_ || cut_) co_return false;
  make_room(capacity);
  if (end_ == capacity_) co_return false;
  boost::system::error_code error;
  const auto room = boost::asio::buffer(buffer_.get() + end_, capacity_ - end_);
  waiting_ = true;
  const std::size_t count =
      co_await socket_.async_read_some(room, boost::asio::redirect_error(boost::asio::use_awaitable, error));
  waiting_ = false;
  if (error) co_return take_late_input();
  end_ += count;
  received_ += count;
  co_return count > 0;
}

// Woken to be closed; but a request that has reached us by now is still answered.
bool Connection::take_late_input() {
  if (!woken_ || expired_ || cut_) return false;
  const auto late = ::recv(socket_.native_handle(), buffer_.get() + end_, capacity_ - end_, MSG_DONTWAIT);
  if (late <= 0) return false;
  end_ += static_cast<std::size_t>(late);
  received_ += static_cast<std::size_t>(late);
  return true;
}

// Reads again and again, by plain callbacks: as long as the lane answers, no coroutine wakes and nothing is allocated.
// Without an executor of its own, so that Asio calls it straight from the core's loop.
template <class Handler>
struct Connection::LaneRead {
  Connection& connection;
  Lane& lane;
  LaneAnswer& answered;
  bool& received;
  Handler handler;

  void start() {
    auto& to = connection;
    to.socket_.async_read_some(boost::asio::buffer(to.buffer_.get(), to.capacity_), std::move(*this));
  }

  void operator()(boost::system::error_code error, std::size_t count) {
    connection.end_ += count;
    connection.received_ += count;
    if (!error && connection.serve_input(lane, answered)) return start();
    received = !error;
    const auto executor = boost::asio::get_associated_executor(handler, connection.socket_.get_executor());
    boost::asio::dispatch(executor, [resume = std::move(handler)]() mutable { std::move(resume)(); });
  }
};

Task<bool> Connection::receive_beside(Lane& lane, LaneAnswer& answered) {
  if (expired_ || cut_) co_return false;
  if (!serve_input(lane, answered)) co_return true;
  make_room(0);
  bool received = false;
  const auto initiate = [&](auto handler) {
    LaneRead<decltype(handler)>{*this, lane, answered, received, std::move(handler)}.start();
  };
  waiting_ = true;
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void()>(initiate,
                                                                                      boost::asio::use_awaitable);
  waiting_ = false;
  co_return received || take_late_input();
}

// True when all of the input has been answered.
bool Connection::serve_input(Lane& lane, LaneAnswer& answered) {
  if (begin_ == end_) return true;
  lane.catch_up();
  while (begin_ != end_) {
    auto answer = lane.serve(native_handle(), peer_, input());
    if (answer.consumed == 0) return false;
    consume(answer.consumed);
    if (answer.is_over()) continue;
    answered = std::move(answer);
    return false;
  }
  begin_ = end_ = 0;
  enter(Phase::idle);
  return true;
}

Task<bool> Connection::wait_until_writable() {
  if (expired_ || cut_) co_return false;
  boost::system::error_code error;
  waiting_ = true;
  co_await socket_.async_wait(Socket::wait_write, boost::asio::redirect_error(boost::asio::use_awaitable, error));
  waiting_ = false;
  co_return !error && !expired_ && !cut_;
}

Task<> Connection::give_way() {
  co_await boost::asio::post(socket_.get_executor(), boost::asio::use_awaitable);
}

void Connection::enter(Phase phase) {
  phase_ = phase;
  seen_by_sweep_ = false;
  expired_ = false;
  received_ = 0;
  sent_ = 0;
}

void Connection::sweep(std::chrono::nanoseconds since_last, const Patience& patience) {
  if (!waiting_ || expired_) return;
  if (!seen_by_sweep_) {
    // The phase began at some time since the last sweep; it counts from here, so nobody gets less than the limit.
    seen_by_sweep_ = true;
    waited_ = stalled_ = std::chrono::nanoseconds(0);
    moved_at_last_sweep_ = 0;
    return;
  }
  waited_ += since_last;
  const auto moved = bytes_moved();
  stalled_ = moved == moved_at_last_sweep_ ? stalled_ + since_last : std::chrono::nanoseconds(0);
  moved_at_last_sweep_ = moved;
  if (is_too_slow(patience)) expire();
}

std::uint64_t Connection::bytes_moved() {
  if (phase_ != Phase::sending) return received_;
  // What the kernel still holds has not reached the client.
  int unsent = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &unsent) != 0) return sent_;
  return sent_ - std::min<std::uint64_t>(sent_, static_cast<std::uint64_t>(unsent));
}

bool Connection::is_too_slow(const Patience& patience) {
  switch (phase_) {
    case Phase::idle: return waited_ >= patience.idle;
    case Phase::head: return waited_ >= patience.head;
    case Phase::handling: return false;
    case Phase::lingering: return waited_ >= patience.lingering;
    case Phase::body:
    case Phase::sending: break;
  }
  if (stalled_ >= patience.stall) return true;
  if (waited_ < patience.body_grace) return false;
  const auto seconds = std::chrono::duration<double>(waited_).count();
  return static_cast<double>(moved_at_last_sweep_) < seconds * static_cast<double>(patience.min_body_bytes_per_second);
}

void Connection::expire() {
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::wake_if_idle() {
  const bool nothing_came = begin_ == end_ && (phase_ == Phase::idle || phase_ == Phase::head);
  if (!waiting_ || !nothing_came) return;
  woken_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::cut() {
  cut_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::shutdown_send() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace lightfast::http
