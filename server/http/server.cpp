#include "server/http/server.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "server/http/core.h"
#include "server/http/listener.h"

namespace lightfast::http {

struct Server::Impl {
  Impl(ServerOptions given, const Router& router, const IdGenerator& ids, const Clock& clock, Logger& log,
       std::function<void(const Exchange&)> observer, MakeLane lane_maker)
      : options(std::move(given)), observe(std::move(observer)), make_lane(std::move(lane_maker)) {
    if (!observe) observe = [](const Exchange&) {};
    if (!make_lane) make_lane = [] { return nullptr; };
    const CoreServices services{options, router, ids, clock, log, observe, open_connections, make_lane};
    for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) cores.push_back(std::make_unique<Core>(services));
  }

  const ServerOptions options;
  std::function<void(const Exchange&)> observe;
  MakeLane make_lane;
  std::atomic<std::size_t> open_connections = 0;
  std::vector<std::unique_ptr<Core>> cores;
  Listening listening;
  bool started = false;
};

Server::Server(ServerOptions options, const Router& router, const IdGenerator& ids, const Clock& clock, Logger& log,
               std::function<void(const Exchange&)> observe, MakeLane make_lane)
    : impl_(std::make_unique<Impl>(std::move(options), router, ids, clock, log, std::move(observe),
                                   std::move(make_lane))) {}

Server::~Server() {
  stop(std::chrono::seconds(0));
}

Result<void> Server::listen() {
  const auto& options = impl_->options;
  auto listening = open_listeners({.host = options.host,
                                   .port = options.port,
                                   .count = static_cast<unsigned>(impl_->cores.size()),
                                   .tcp_congestion = options.tcp_congestion,
                                   .waits_for_data = options.accepts_with_data});
  if (!listening) return listening.error();
  impl_->listening = std::move(*listening);
  return {};
}

std::uint16_t Server::port() const {
  return impl_->listening.port;
}

void Server::start() {
  auto& listening = impl_->listening;
  if (listening.sockets.size() != impl_->cores.size()) throw std::logic_error("a server listens before it starts");
  unsigned index = 0;
  for (auto& core : impl_->cores) {
    core->start(std::move(listening.sockets[index]), listening.is_ipv6, index);
    ++index;
  }
  listening.sockets.clear();
  impl_->started = true;
}

bool Server::stop(std::chrono::seconds grace) {
  if (!std::exchange(impl_->started, false)) return true;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  for (auto& core : impl_->cores) core->begin_stop();
  bool all_finished = true;
  for (auto& core : impl_->cores) {
    if (core->wait_until_drained(deadline)) continue;
    all_finished = false;
    core->cut_all();
  }
  for (auto& core : impl_->cores) core->join();
  return all_finished;
}

}  // namespace lightfast::http
