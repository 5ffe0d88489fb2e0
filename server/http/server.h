// The HTTP/1.x server: one io_context, one thread and one SO_REUSEPORT listener per core (http/core). A connection
// stays on its core: at the door, where plain reads are answered, and once let in as a session, one coroutine each.
// Timeouts are kept by one coarse sweep per core, not by a timer per operation. start() and stop() belong to one
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "server/http/client_ip.h"
#include "server/http/lane.h"
#include "server/http/request_head.h"
#include "server/http/router.h"

namespace lightfast::http {

struct ServerOptions {
  std::string host = "::";    // "::" is dual stack, and falls back to 0.0.0.0 where there is no IPv6
  std::uint16_t port = 8080;  // 0: any free one
  unsigned threads = 1;
  std::string tcp_congestion;      // congestion control of the listening sockets; empty: the kernel's
  bool accepts_with_data = false;  // connections are taken when their first bytes are there (TCP_DEFER_ACCEPT)
  TrustedProxies trusted_proxies;
  HeadLimits head;
  std::size_t max_connections = 20'000;  // over it: 503 and closed at once
  // Kept by the sweep, so each may come up to two sweeps later.
  std::chrono::milliseconds header_timeout{10'000};  // whole head, since its first byte or since the connection began
  std::chrono::milliseconds idle_timeout{65'000};    // between requests
  std::chrono::milliseconds body_grace{10'000};      // after which the rate counts
  std::uint64_t min_body_bytes_per_second = 1024;    // in either direction, on average
  std::chrono::milliseconds stall_timeout{60'000};   // in either direction, without a single byte
  std::chrono::milliseconds linger_timeout{2'000};   // for the client to take an answer that it must not lose
  std::chrono::milliseconds sweep_interval{1'000};
};

// One finished exchange, for the access log and the metrics.
struct Exchange {
  const Request& request;
  const Route* route;  // null where none matched
  int status;
  std::uint64_t body_bytes_sent;
  std::chrono::steady_clock::duration duration;
  bool complete;  // false: the client went away before all was sent
};

class Server {
 public:
  Server(ServerOptions options, const Router& router, const IdGenerator& ids, const Clock& clock, Logger& log,
         std::function<void(const Exchange&)> observe, MakeLane make_lane = {});
  ~Server();

  // Binds and listens; Errc::internal, naming address and reason, e.g. when the port is taken.
  Result<void> listen();
  std::uint16_t port() const;  // the one that was bound

  // Starts the threads, returns at once.
  void start();

  // Stops accepting, lets requests under way finish for at most `grace`, closes what is idle, joins the threads.
  // Handlers are never abandoned: one that still runs after the grace has lost its client, but is waited for.
  // Returns false if something had to be cut off. Not from a thread of the server; once only.
  bool stop(std::chrono::seconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lightfast::http
