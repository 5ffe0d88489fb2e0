// One connection from its first byte to its close: head, strict check, route, handler, answer, and the next request
// from what is left in the buffer. Runs on its core's thread.
#pragma once

#include <functional>
#include <string>

#include "server/http/connection.h"
#include "server/http/response_head.h"
#include "server/http/server.h"

namespace lightfast::http {

// What the sessions of one core share.
struct SessionContext {
  const ServerOptions& options;
  const Router& router;
  const IdGenerator& ids;
  const Clock& clock;
  Logger& log;
  const std::function<void(const Exchange&)>& observe;
  ConnectionList connections = {};
  DateText date{clock};
  bool stopping = false;  // answers say Connection: close, idle connections end
};

// Ends with the connection. `initial_bytes`: what was read from the socket before, by whoever hands it over.
Task<> serve_connection(SessionContext& context, Socket socket, std::string initial_bytes);

}  // namespace lightfast::http
