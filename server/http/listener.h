// Listening sockets that share one port, so that the kernel spreads connections over the cores. System calls only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lightfast::http {

struct ListenOptions {
  std::string host;        // an address; "::" is dual stack, and 0.0.0.0 where there is no IPv6
  std::uint16_t port = 0;  // 0: any free one, the same for all
  unsigned count = 1;
  std::string tcp_congestion;   // empty: the kernel's
  bool waits_for_data = false;  // the kernel hands over a connection when its first bytes are there, or after a while
};

struct Listening {
  std::vector<UniqueFd> sockets;  // non-blocking, closed on exec
  std::uint16_t port = 0;
  bool is_ipv6 = false;
};

// Errc::internal, naming address and reason. A port that another process listens on is taken, even if that process
// would share it.
Result<Listening> open_listeners(const ListenOptions& options);

}  // namespace lightfast::http
