#include "server/providers/replicate.h"

#include <algorithm>

#include "base/http_url.h"
#include "server/providers/credentials.h"

namespace lightfast::providers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A hundred predictions a page, 600 a minute at most: what a lost call made is not further back.
constexpr int max_listing_pages = 20;

// Quick models answer within it; for the others a prediction's id is known, and can be kept, before long.
constexpr seconds create_wait{10};

// A call whose time is over is still given a moment.
constexpr milliseconds shortest_call{1'000};

}  // namespace

Replicate::Replicate(Api api, HttpClient& client, const Clock& clock)
    : api_(std::move(api)), client_(client), clock_(clock) {
  while (api_.base_url.ends_with('/')) api_.base_url.pop_back();
}

std::optional<DownloadCredential> Replicate::download_credential() const {
  const auto base = parse_http_url(api_.base_url);
  if (!base) return std::nullopt;
  return DownloadCredential{base->origin(), api_.key};
}

GenerationRequest Replicate::completed(GenerationRequest request) const {
  if (request.model.empty()) request.model = default_model();
  return request;
}

Result<void> Replicate::check(const GenerationRequest& request) const {
  const auto call = replicate::create_call(api_, completed(request), seconds(0));
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> Replicate::create(GenerationRequest request) {
  request = completed(std::move(request));
  const auto left = std::chrono::floor<seconds>(request.deadline - clock_.now());
  const seconds wait = std::clamp(left, seconds(0), create_wait);
  auto call = replicate::create_call(api_, request, wait);
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  call->timeout = std::clamp(std::chrono::duration_cast<milliseconds>(request.deadline - clock_.now()), shortest_call,
                             call->timeout);
  const HttpResult result = co_await client_.fetch(std::move(*call));
  const auto phase = wait >= seconds(1) ? replicate::Phase::waited : replicate::Phase::polled;
  CreateOutcome outcome = replicate::read_create(result, phase, clock_.now());
  if (outcome.prediction && outcome.prediction->model.empty()) outcome.prediction->model = request.model;
  co_return outcome;
}

Task<Result<Prediction>> Replicate::poll(std::string id, std::string) {
  HttpCall call = replicate::poll_call(api_, id);  // not the URL given: the token stays at home
  const HttpResult result = co_await client_.fetch(std::move(call));
  co_return replicate::read_poll(result, id, clock_.now());
}

Task<Result<std::optional<Prediction>>> Replicate::find(GenerationRequest request, Timestamp created_after,
                                                        IsTaken is_taken) {
  request = completed(std::move(request));
  std::optional<HttpCall> page = replicate::list_call(api_);
  for (int pages = 0; page && pages < max_listing_pages; ++pages) {
    const HttpResult result = co_await client_.fetch(std::move(*page));
    if (!result) co_return Error{Errc::provider_unavailable, "Replicate's list of predictions could not be read"};
    if (result->status != 200) {
      co_return Error{Errc::provider_unavailable,
                      "Replicate answered " + std::to_string(result->status) + " when asked for its predictions"};
    }
    auto found = replicate::find_in_listing(result->body, request, created_after, is_taken);
    if (found) co_return std::move(found);
    if (replicate::reaches_back_to(result->body, created_after)) break;
    page = replicate::next_list_call(api_, result->body);
  }
  co_return std::optional<Prediction>();
}

Task<Result<std::string>> Replicate::fetch_webhook_secret() {
  HttpCall call = replicate::webhook_secret_call(api_);
  const HttpResult result = co_await client_.fetch(std::move(call));
  if (!result) {
    co_return Error{Errc::provider_unavailable, "Replicate cannot be reached: " + result.error().error.detail};
  }
  auto secret = result->status == 200 ? replicate::read_webhook_secret(result->body) : std::nullopt;
  if (!secret) {
    co_return Error{Errc::provider_unavailable,
                    "Replicate answered " + std::to_string(result->status) + " when asked for its webhook secret"};
  }
  co_return std::move(*secret);
}

Result<void> Replicate::check_webhook(const HttpHeaders& headers, Timestamp now) const {
  return replicate::check_webhook(headers, now);
}

Result<std::string> Replicate::read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                            Timestamp now) const {
  return replicate::read_webhook(headers, body, secret, now);
}

Task<Result<std::string>> Replicate::check_credentials() {
  HttpCall call = replicate::account_call(api_);
  auto told = co_await ask_credentials(client_, std::move(call), "Replicate", "REPLICATE_API_TOKEN");
  co_return told;
}

}  // namespace lightfast::providers
