// Finds the handler of a request: a list of routes, each a method, a pattern and a handler. In a pattern a segment is
// literal or {name}; literals win over names, from the left, and the best pattern alone decides which methods there
// are. A {name} matches no empty segment and neither "." nor "..". A pattern that ends in "/*" takes any rest but one
// with such dots, where nothing more exact fits. HEAD goes to GET's handler; OPTIONS is answered here (CORS preflight
// or Allow). Built once, then read-only: any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/http/cors.h"
#include "server/http/message.h"

namespace lightfast::http {

using Handler = std::function<Task<Response>(Request&)>;

struct Route {
  Method method = Method::get;  // `other`: every method that no other route of this shape takes
  std::string pattern;          // "/v1/images/{user}/{id}", "/replicate/v1/*"
  Handler handler;
  std::uint64_t body_limit = 0;              // bytes; 0: the route takes no body, one that comes is dropped unread
  bool is_open_to_pages = false;             // of every site; else of those that Cors lists
  Cors::Fields fields = Cors::Fields::ours;  // that pages may send and read
};

class Router {
 public:
  explicit Router(std::vector<Route> routes, Cors cors = {});  // two routes of one method and shape: std::logic_error

  struct Match {
    const Route* route = nullptr;  // null: `response` answers (404, 405 with Allow, OPTIONS)
    Response response;
  };
  // Fills request.params. Answers are problem+json.
  Match match(Request& request) const;

  const std::vector<Route>& routes() const { return routes_; }
  const Cors& cors() const { return cors_; }

 private:
  // The routes of one shape: patterns that differ in nothing but the words in their braces.
  struct Resource {
    std::vector<std::optional<std::string>> segments;  // literals; nullopt for a name
    bool takes_rest = false;                           // the pattern's "*", which is none of the segments
    std::vector<std::size_t> routes;
  };

  const Resource* find_resource(const std::vector<std::string>& segments) const;
  const Route* find_route(const Resource& resource, Method method) const;
  std::string allowed_methods(const Resource& resource, bool (*wanted)(const Route&)) const;
  Response answer_options(const Resource& resource, const Headers& headers) const;

  std::vector<Route> routes_;
  Cors cors_;
  std::vector<Resource> resources_;  // the more literal first
};

}  // namespace lightfast::http
