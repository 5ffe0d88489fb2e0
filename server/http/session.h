// One connection from where the door lets it in to its close: head, strict check, route, handler, answer, and the next
// request from what is left in the buffer. Runs on its core's thread.
#pragma once

#include <functional>
#include <string>

#include "server/http/connection.h"
#include "server/http/door.h"
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
  Lane* lane = nullptr;  // of this core; null: there is none
  ConnectionList connections = {};
  DateText date{clock};
  bool stopping = false;  // answers say Connection: close, idle connections end
};

// Ends with the connection.
Task<> serve_connection(SessionContext& context, Socket socket, Arrival arrival);

}  // namespace lightfast::http
