// Finds the handler of a request: a list of routes, each a method, a pattern and a handler. In a pattern a segment is
// literal or {name}; literals win over names. HEAD goes to GET's handler; OPTIONS is answered here (CORS preflight or
// Allow). Built once, then read-only: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/http/message.h"

namespace lightfast::http {

using Handler = std::function<Task<Response>(Request&)>;

struct Route {
  Method method = Method::get;
  std::string pattern;               // "/v1/images/{user}/{id}"
  Handler handler;
  std::uint64_t body_limit = 0;      // bytes; 0: the route takes no body
  bool cors = false;                 // browsers on other sites may call it
};

class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;       // null: `response` answers (404, 405 with Allow, OPTIONS)
    Response response;
  };
  // Fills request.params. Answers are problem+json.
  Match match(Request& request) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace lightfast::http
