// Posts alerts to ALERT_WEBHOOK_URL as JSON: {"alert","detail","times","raised_at","server"}. A post that fails is
// tried twice more; what is alerted stands in the log anyway. One executor.
#pragma once

#include "base/alerts.h"
#include "base/http_client.h"
#include "base/log.h"
#include "base/sleep.h"
#include "base/task.h"

namespace lightfast {

class AlertSender {
 public:
  // With an empty `url` nothing is sent. `server` tells receivers of several apart. All outlive the coroutines.
  AlertSender(Alerts& alerts, HttpClient& client, std::string url, std::string server, Sleep sleep, Logger& log);

  Task<void> send_due();

 private:
  Task<void> send(Alert alert);

  Alerts& alerts_;
  HttpClient& client_;
  const std::string url_;
  const std::string server_;
  const Sleep sleep_;
  Logger& log_;
};

}  // namespace lightfast
