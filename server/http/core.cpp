#include "server/http/core.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "server/http/error_response.h"

namespace lightfast::http {
namespace {

constexpr std::chrono::minutes report_interval{1};

std::string describe(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of no known type";
  }
}

// sendfile has no MSG_NOSIGNAL: a client that hung up would end the process.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

Core::Core(const CoreServices& services)
    : services_(services),
      lane_(services.make_lane()),
      context_{services_.options, services_.router,  services_.ids, services_.clock,
               services_.log,     services_.observe, lane_.get()},
      door_(io_context_, lane_.get(), house(), {services_.options.header_timeout, services_.options.idle_timeout}) {}

Core::~Core() {
  join();
}

void Core::start(UniqueFd listener, bool is_ipv6, unsigned index) {
  protocol_ = is_ipv6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4();
  door_.open(std::move(listener));
  last_sweep_ = services_.clock.steady_now();
  schedule_sweep();
  thread_ = std::thread([this, index] {
    pthread_setname_np(pthread_self(), ("http-" + std::to_string(index)).c_str());
    block_sigpipe();
    io_context_.run();
  });
}

Door::House Core::house() {
  return {.has_room =
              [this] {
                if (services_.open_connections.fetch_add(1) < services_.options.max_connections) return true;
                services_.open_connections.fetch_sub(1);
                return false;
              },
          .left = [this] { services_.open_connections.fetch_sub(1); },
          .let_in = [this](UniqueFd socket, Arrival arrival) { let_in(std::move(socket), std::move(arrival)); },
          .refuse = [this](UniqueFd socket) { refuse(std::move(socket)); },
          .short_of = [this](std::string_view what) { report_not_accepting(what); }};
}

void Core::let_in(UniqueFd socket, Arrival arrival) {
  Socket connection(io_context_.get_executor());
  boost::system::error_code error;
  connection.assign(protocol_, socket.get(), error);
  if (error) {
    services_.open_connections.fetch_sub(1);
    report_not_accepting(error.message());
    return;
  }
  socket.release();
  connection.native_non_blocking(true, error);
  ++sessions_;
  boost::asio::co_spawn(io_context_, serve_connection(context_, std::move(connection), std::move(arrival)),
                        [this](std::exception_ptr failure) { session_ended(failure); });
}

// As much as can be said without waiting.
void Core::refuse(UniqueFd socket) {
  const auto response = error_response(
      Error{Errc::overloaded, "too many connections are open; try again in a moment", std::chrono::seconds(1)});
  auto text = make_head(response, {.date = context_.date.now(), .request_id = {}, .keep_alive = false});
  for (const auto& part : response.body) text += std::get<std::string>(part);
  ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(socket.get(), SHUT_WR);
  char unread[4096];  // unread bytes would turn the close into a reset, and the answer would be lost
  ::recv(socket.get(), unread, sizeof unread, MSG_DONTWAIT);
}

void Core::report_not_accepting(std::string_view reason) {
  const auto now = services_.clock.steady_now();
  if (last_report_ && now - *last_report_ < report_interval) return;
  last_report_ = now;
  services_.log.error("connections are refused",
                      {{"reason", reason}, {"open_connections", services_.open_connections.load()}});
}

void Core::session_ended(std::exception_ptr failure) {
  --sessions_;
  services_.open_connections.fetch_sub(1);
  if (failure) services_.log.error("a connection broke", {{"reason", describe(failure)}});
  finish_if_drained();
}

void Core::schedule_sweep() {
  sweep_timer_.expires_after(services_.options.sweep_interval);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

void Core::sweep() {
  const auto now = services_.clock.steady_now();
  const auto& options = services_.options;
  const Patience patience{options.header_timeout, options.idle_timeout,
                          options.body_grace,     options.min_body_bytes_per_second,
                          options.stall_timeout,  options.linger_timeout};
  for (auto& connection : context_.connections) connection.sweep(now - last_sweep_, patience);
  door_.sweep(now - last_sweep_);
  if (lane_) lane_->sweep();
  last_sweep_ = now;
  schedule_sweep();
}

void Core::begin_stop() {
  boost::asio::post(io_context_, [this] {
    context_.stopping = true;
    door_.close();
    for (auto& connection : context_.connections) connection.wake_if_idle();
    finish_if_drained();
  });
}

void Core::cut_all() {
  boost::asio::post(io_context_, [this] {
    for (auto& connection : context_.connections) connection.cut();
  });
}

void Core::finish_if_drained() {
  if (!context_.stopping || sessions_ > 0 || drained_told_) return;
  drained_told_ = true;
  drained_.set_value();
  // Not run(): coroutines of others on this executor may wait for ever.
  io_context_.stop();
}

bool Core::wait_until_drained(std::chrono::steady_clock::time_point deadline) {
  return drained_future_.wait_until(deadline) == std::future_status::ready;
}

void Core::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace lightfast::http
