// Says in the log, once, that requests come through a proxy which TRUSTED_PROXIES doesn't name: then all its clients
// are one, in the log and for the rates. Only of peers that are not on the open internet, where proxies usually are:
// there a stranger may write into a header what he likes. Any thread.
#pragma once

#include <atomic>

#include "base/log.h"
#include "server/http/server.h"

namespace lightfast {

class ProxyNotice {
 public:
  explicit ProxyNotice(Logger& log) : log_(log) {}
  void look(const http::Exchange& exchange);

 private:
  Logger& log_;
  std::atomic<bool> said_ = false;
};

}  // namespace lightfast
