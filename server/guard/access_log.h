// One log line for each finished exchange: method, path, status, bytes, duration, client, the key's name, request id.
// Queries are left out, since signatures stand in them; headers too. Image GETs that succeed, or are over the rate, are
// logged at `debug`. Any thread.
#pragma once

#include "base/log.h"
#include "server/http/server.h"

namespace lightfast::guard {

class AccessLog {
 public:
  explicit AccessLog(Logger& log) : log_(log) {}
  void write(const http::Exchange& exchange);

 private:
  Logger& log_;
};

}  // namespace lightfast::guard
