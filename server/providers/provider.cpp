#include "server/providers/provider.h"

#include <algorithm>
#include <cmath>

#include "server/providers/refusal.h"

namespace lightfast::providers {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_poll_interval{500};
constexpr milliseconds longest_poll_interval{5'000};

}  // namespace

Task<Result<Prediction>> Provider::poll(std::string id, std::string) {
  Prediction unknown;
  unknown.id = std::move(id);
  fail(unknown, std::string(name()) + " keeps no predictions: what it made was in its answer alone");
  co_return unknown;
}

Task<Result<std::optional<Prediction>>> Provider::find(GenerationRequest, Timestamp, IsTaken) {
  co_return Error{Errc::not_found, std::string(name()) + " keeps no list of its predictions"};
}

Task<Result<std::string>> Provider::fetch_webhook_secret() {
  co_return Error{Errc::not_found, "this provider sends no webhooks"};
}

Result<void> Provider::check_webhook(const HttpHeaders&, Timestamp) const {
  return Error{Errc::not_found, "this provider sends no webhooks"};
}

Result<std::string> Provider::read_webhook(const HttpHeaders&, std::string_view, std::string_view, Timestamp) const {
  return Error{Errc::not_found, "this provider sends no webhooks"};
}

Task<Result<std::string>> Provider::check_credentials() {
  co_return std::string("needs none");
}

milliseconds Provider::poll_interval(unsigned n) const {
  const double grown = static_cast<double>(first_poll_interval.count()) * std::pow(1.5, std::min(n, 20u));
  return std::min(milliseconds(std::llround(grown)), longest_poll_interval);
}

}  // namespace lightfast::providers
