#include "server/http/router.h"

#include <algorithm>
#include <stdexcept>

#include "server/http/error_response.h"
#include "server/http/request_target.h"

namespace lightfast::http {
namespace {

constexpr std::string_view every_method = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
constexpr std::string_view any_method = "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY";

bool is_name(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

bool is_dots(std::string_view segment) {
  return segment == "." || segment == "..";
}

bool fits(const std::optional<std::string>& literal, const std::string& segment) {
  if (literal) return *literal == segment;
  return !segment.empty() && !is_dots(segment);
}

bool is_any(const Route&) {
  return true;
}
bool is_open_to_pages(const Route& route) {
  return route.is_open_to_pages;
}

std::vector<std::pair<std::string, std::string>> named_segments(const Route& route,
                                                                const std::vector<std::string>& segments) {
  std::vector<std::pair<std::string, std::string>> params;
  std::size_t index = 0;
  for (const auto part : split_path(route.pattern)) {
    if (part == "*") break;
    if (is_name(part)) params.emplace_back(part.substr(1, part.size() - 2), segments[index]);
    ++index;
  }
  return params;
}

// What follows the first `count` segments, as it was received.
std::string rest_after(std::size_t count, std::string_view target) {
  auto rest = path_and_query(target).value_or("");
  for (; count > 0; --count) rest.remove_prefix(std::min(rest.find('/', 1), rest.size()));
  return std::string(rest);
}

Response not_found() {
  return error_response(Error{Errc::not_found, "there is nothing at this path"});
}

Response method_not_allowed(std::string_view method, std::string_view allowed) {
  auto response =
      error_response(Error{Errc::method_not_allowed, std::string(method.substr(0, 32)) +
                                                         " is not possible here; allowed: " + std::string(allowed)});
  response.headers.set("Allow", allowed);
  return response;
}

Response no_content(std::string_view allowed) {
  Response response;
  response.status = 204;
  response.headers.add("Allow", allowed);
  return response;
}

}  // namespace

Router::Router(std::vector<Route> routes, Cors cors) : routes_(std::move(routes)), cors_(std::move(cors)) {
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    std::vector<std::optional<std::string>> shape;
    const bool takes_rest = routes_[i].pattern.ends_with("/*");
    for (const auto part : split_path(routes_[i].pattern)) {
      shape.push_back(is_name(part) ? std::nullopt : std::optional<std::string>(part));
    }
    if (takes_rest) shape.pop_back();
    auto known = std::find_if(resources_.begin(), resources_.end(),
                              [&](const auto& r) { return r.segments == shape && r.takes_rest == takes_rest; });
    if (known == resources_.end()) {
      known = resources_.insert(resources_.end(), Resource{std::move(shape), takes_rest, {}});
    }
    for (const auto other : known->routes) {
      if (routes_[other].method != routes_[i].method) continue;
      throw std::logic_error("two routes for " + std::string(to_string(routes_[i].method)) + " " + routes_[i].pattern);
    }
    known->routes.push_back(i);
  }
  const auto more_literal = [](const Resource& a, const Resource& b) {
    if (a.takes_rest != b.takes_rest) return b.takes_rest;
    return std::lexicographical_compare(a.segments.begin(), a.segments.end(), b.segments.begin(), b.segments.end(),
                                        [](const auto& x, const auto& y) { return x && !y; });
  };
  std::stable_sort(resources_.begin(), resources_.end(), more_literal);
}

const Router::Resource* Router::find_resource(const std::vector<std::string>& segments) const {
  for (const auto& resource : resources_) {
    const auto count = resource.segments.size();
    if (resource.takes_rest ? segments.size() <= count : segments.size() != count) continue;
    if (std::any_of(segments.begin() + static_cast<std::ptrdiff_t>(count), segments.end(), is_dots)) continue;
    if (std::equal(resource.segments.begin(), resource.segments.end(), segments.begin(), fits)) return &resource;
  }
  return nullptr;
}

const Route* Router::find_route(const Resource& resource, Method method) const {
  for (const auto index : resource.routes) {
    if (routes_[index].method == method) return &routes_[index];
  }
  if (method == Method::head) return find_route(resource, Method::get);
  if (method == Method::options) return nullptr;
  return method == Method::other ? nullptr : find_route(resource, Method::other);
}

std::string Router::allowed_methods(const Resource& resource, bool (*wanted)(const Route&)) const {
  std::string allowed;
  const auto add = [&allowed](std::string_view method) {
    if (!allowed.empty()) allowed += ", ";
    allowed += method;
  };
  for (const auto index : resource.routes) {
    const auto& route = routes_[index];
    if (!wanted(route) || route.method == Method::options) continue;
    add(route.method == Method::other ? any_method : to_string(route.method));
    if (route.method == Method::get) add("HEAD");
  }
  add("OPTIONS");
  return allowed;
}

Response Router::answer_options(const Resource& resource, const Headers& headers) const {
  auto response = no_content(allowed_methods(resource, is_any));
  const bool is_open = std::any_of(resource.routes.begin(), resource.routes.end(),
                                   [this](std::size_t index) { return routes_[index].is_open_to_pages; });
  const auto methods = allowed_methods(resource, is_open ? is_open_to_pages : is_any);
  const bool takes_any_field = std::any_of(resource.routes.begin(), resource.routes.end(), [this](std::size_t index) {
    return routes_[index].fields == Cors::Fields::any;
  });
  const auto fields = takes_any_field ? Cors::Fields::any : Cors::Fields::ours;
  cors_.answer_preflight(headers, is_open, methods, response.headers, fields);
  return response;
}

Router::Match Router::match(Request& request) const {
  if (request.method_text == "CONNECT" || request.method_text == "TRACE") {
    return {nullptr, method_not_allowed(request.method_text, every_method)};
  }
  if (request.path == "*") return {nullptr, no_content(every_method)};
  const auto* resource = find_resource(request.segments);
  if (!resource) return {nullptr, not_found()};
  const auto* route = find_route(*resource, request.method);
  if (route) {
    request.params = named_segments(*route, request.segments);
    if (resource->takes_rest) request.rest = rest_after(resource->segments.size(), request.target);
    return {route, {}};
  }
  if (request.method == Method::options) return {nullptr, answer_options(*resource, request.headers)};
  return {nullptr, method_not_allowed(request.method_text, allowed_methods(*resource, is_any))};
}

}  // namespace lightfast::http
