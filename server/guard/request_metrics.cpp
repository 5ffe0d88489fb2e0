#include "server/guard/request_metrics.h"

#include <algorithm>

namespace lightfast::guard {

RequestMetrics::RequestMetrics(Metrics& metrics, const http::Router& router) : metrics_(metrics) {
  add(nullptr, "any", "none");
  for (const auto& route : router.routes()) add(&route, std::string(to_string(route.method)), route.pattern);
}

void RequestMetrics::add(const http::Route* route, const std::string& method, const std::string& pattern) {
  const MetricLabels labels{{"method", method}, {"route", pattern}};
  DurationHistogram& duration = metrics_.histogram(request_duration, request_duration_help, labels);
  Counter& bytes = metrics_.counter(response_bytes_total, response_bytes_help, labels);
  routes_.try_emplace(route, method, pattern, duration, bytes);
}

void RequestMetrics::count(const http::Exchange& exchange) {
  PerRoute& route = routes_.at(exchange.route);
  counter_of(route, exchange.status).add();
  route.bytes.add(exchange.body_bytes_sent);
  route.duration.observe(exchange.duration);
}

Counter& RequestMetrics::counter_of(PerRoute& route, int status) {
  auto& known =
      route.by_status[static_cast<std::size_t>(std::clamp(status, lowest_status, highest_status) - lowest_status)];
  Counter* counter = known.load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter =
        &metrics_.counter(requests_total, requests_help,
                          {{"method", route.method}, {"route", route.pattern}, {"status", std::to_string(status)}});
    known.store(counter, std::memory_order_release);  // another thread stores the same one
  }
  return *counter;
}

}  // namespace lightfast::guard
