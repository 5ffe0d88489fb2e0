// Counts each finished exchange by route and status: how many, how long, how many bytes. No lock on the way of a
// request. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <map>

#include "base/metrics.h"
#include "server/http/router.h"
#include "server/http/server.h"

namespace lightfast::guard {

inline constexpr const char* requests_total = "lightfast_http_requests_total";
inline constexpr const char* requests_help = "Answers sent, by route and status.";
inline constexpr const char* request_duration = "lightfast_http_request_duration_seconds";
inline constexpr const char* request_duration_help =
    "Time from a request's whole head to the last byte of its answer, by route.";
inline constexpr const char* response_bytes_total = "lightfast_http_response_bytes_total";
inline constexpr const char* response_bytes_help = "Bytes of bodies sent, by route.";

class RequestMetrics {
 public:
  RequestMetrics(Metrics& metrics, const http::Router& router);  // both outlive it

  void count(const http::Exchange& exchange);

 private:
  static constexpr int lowest_status = 100;
  static constexpr int highest_status = 599;
  struct PerRoute {
    PerRoute(std::string m, std::string p, DurationHistogram& d, Counter& b)
        : method(std::move(m)), pattern(std::move(p)), duration(d), bytes(b) {}

    std::string method;
    std::string pattern;
    DurationHistogram& duration;
    Counter& bytes;
    std::array<std::atomic<Counter*>, highest_status - lowest_status + 1> by_status{};
  };
  void add(const http::Route* route, const std::string& method, const std::string& pattern);
  Counter& counter_of(PerRoute& route, int status);

  Metrics& metrics_;
  std::map<const http::Route*, PerRoute> routes_;  // null: no route matched
};

}  // namespace lightfast::guard
