#include "server/routes/health_routes.h"

#include <boost/json.hpp>

#include "db/access.h"

namespace lightfast::routes {

namespace json = boost::json;

HealthRoutes::HealthRoutes(db::Database& database, storage::Storage& storage, Workers& readers,
                           std::uint64_t min_free_bytes, const std::string& instance)
    : database_(database), storage_(storage), readers_(readers), min_free_bytes_(min_free_bytes), instance_(instance) {}

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
  auto free = storage_.free_bytes();
  if (!free)
    reasons.push_back("the storage cannot be reached: " + free.error().detail);
  else if (*free < min_free_bytes_)
    reasons.push_back("the disk is nearly full: new images are refused");
  return reasons;
}

}  // namespace lightfast::routes
