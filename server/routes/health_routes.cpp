#include "server/routes/health_routes.h"

#include <boost/json.hpp>

#include "db/access.h"

namespace lightfast::routes {

namespace json = boost::json;

HealthRoutes::HealthRoutes(db::Database& database, const storage::DiskRoom& room, Workers& readers,
                           const std::string& instance)
    : database_(database), room_(room), readers_(readers), instance_(instance) {}

Task<Result<http::Response>> HealthRoutes::healthz(http::Request& request) {
  const json::object alive{{"status", "ok"}, {"instance", instance_}, {"client", request.client_address.str()}};
  auto response = http::json_response(200, json::serialize(alive));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

Task<Result<http::Response>> HealthRoutes::readyz(http::Request&) {
  auto found = co_await readers_.run([this]() -> Result<std::vector<std::string>> { return complaints(); });
  if (!found) co_return found.error();
  json::object answer{{"status", "ready"}, {"writes", "accepted"}};
  if (!found->empty()) {
    answer = {{"status", "not ready"}, {"writes", "refused"}, {"reasons", json::value_from(*found)}};
  }
  auto response = http::json_response(found->empty() ? 200 : 503, json::serialize(answer));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

std::vector<std::string> HealthRoutes::complaints() {
  std::vector<std::string> reasons;
  if (const auto health = database_.health(); health.state == db::Health::State::damaged) {
    reasons.push_back(health.found + "; nothing is stored, changed or removed until it has been restored");
  }
  auto read = db::read(database_, [](const db::Session& session) { return session.users().everybody(); });
  if (!read) reasons.push_back("the database cannot be read: " + read.error().detail);
  if (auto room = room_.require(0); !room) reasons.push_back(room.error().detail);
  return reasons;
}

}  // namespace lightfast::routes
