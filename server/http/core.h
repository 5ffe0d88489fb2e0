// One core of the server: an io_context with its thread, its door and its sessions, and the sweep over them. Everything
// in here happens on that thread, except begin_stop, cut_all, wait_until_drained and join.
#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <future>
#include <thread>

#include "base/unique_fd.h"
#include "server/http/door.h"
#include "server/http/server.h"
#include "server/http/session.h"

namespace lightfast::http {

// What the cores share.
struct CoreServices {
  const ServerOptions& options;
  const Router& router;
  const IdGenerator& ids;
  const Clock& clock;
  Logger& log;
  const std::function<void(const Exchange&)>& observe;
  std::atomic<std::size_t>& open_connections;  // over all cores, for the limit
  const MakeLane& make_lane;
};

class Core {
 public:
  explicit Core(const CoreServices& services);
  ~Core();

  void start(UniqueFd listener, bool is_ipv6, unsigned index);
  boost::asio::io_context& io_context() { return io_context_; }

  void begin_stop();
  bool wait_until_drained(std::chrono::steady_clock::time_point deadline);
  void cut_all();
  void join();

 private:
  Door::House house();
  void let_in(UniqueFd socket, Arrival arrival);
  void refuse(UniqueFd socket);
  void report_not_accepting(std::string_view reason);  // at most once a minute
  void session_ended(std::exception_ptr failure);
  void schedule_sweep();
  void sweep();
  void finish_if_drained();

  const CoreServices services_;
  const std::unique_ptr<Lane> lane_;
  boost::asio::io_context io_context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_context_.get_executor()};
  SessionContext context_;
  Door door_;
  boost::asio::ip::tcp protocol_ = boost::asio::ip::tcp::v6();
  boost::asio::steady_timer sweep_timer_{io_context_};
  SteadyTime last_sweep_{};
  std::optional<SteadyTime> last_report_;
  std::size_t sessions_ = 0;
  bool drained_told_ = false;
  std::promise<void> drained_;
  std::future<void> drained_future_ = drained_.get_future();
  std::thread thread_;
};

}  // namespace lightfast::http
