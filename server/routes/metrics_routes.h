// GET /metrics: what the program counts about itself, for Prometheus.
#pragma once

#include "base/metrics.h"
#include "base/workers.h"
#include "server/http/message.h"

namespace lightfast::routes {

class MetricsRoutes {
 public:
  MetricsRoutes(const Metrics& metrics, Workers& readers) : metrics_(metrics), readers_(readers) {}

  Task<Result<http::Response>> metrics(http::Request& request);

 private:
  const Metrics& metrics_;
  Workers& readers_;
};

}  // namespace lightfast::routes
