#include "server/alert_sender.h"

#include <boost/json.hpp>

namespace lightfast {
namespace {

constexpr int tries = 3;
constexpr std::chrono::seconds pause_between_tries{2};
constexpr std::chrono::seconds patience{10};

}  // namespace

AlertSender::AlertSender(Alerts& alerts, HttpClient& client, std::string url, std::string server, Sleep sleep,
                         Logger& log)
    : alerts_(alerts),
      client_(client),
      url_(std::move(url)),
      server_(std::move(server)),
      sleep_(std::move(sleep)),
      log_(log) {}

Task<void> AlertSender::send_due() {
  const std::vector<Alert> due = alerts_.take();
  if (url_.empty()) co_return;
  for (const auto& alert : due) co_await send(alert);
}

Task<void> AlertSender::send(Alert alert) {
  const boost::json::object body{{"alert", to_string(alert.kind)},
                                 {"detail", alert.detail},
                                 {"times", alert.times},
                                 {"raised_at", to_iso8601(alert.raised_at)},
                                 {"server", server_}};
  std::string reason;
  for (int i = 0; i < tries; ++i) {
    if (i > 0) co_await sleep_(pause_between_tries);
    HttpCall call{.method = "POST", .url = url_, .timeout = patience};
    call.headers.emplace_back("Content-Type", "application/json");
    call.body = boost::json::serialize(body);
    const HttpResult result = co_await client_.fetch(std::move(call));
    if (result && result->status / 100 == 2) co_return;
    reason = result ? "it answered " + std::to_string(result->status) : result.error().error.detail;
  }
  log_.warning("an alert could not be posted to ALERT_WEBHOOK_URL",
               {{"alert", to_string(alert.kind)}, {"reason", reason}});
}

}  // namespace lightfast
