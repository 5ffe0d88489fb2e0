#include "server/providers/fal.h"

#include "server/providers/fal_wire.h"
#include "server/providers/refusal.h"

namespace lightfast::providers {

GenerationRequest Fal::completed(GenerationRequest request) const {
  if (request.model.empty()) request.model = default_model();
  return request;
}

Result<void> Fal::check(const GenerationRequest& request) const {
  const auto call = fal::create_call(api_, completed(request), clock_.now());
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> Fal::create(GenerationRequest request) {
  request = completed(std::move(request));
  auto call = fal::create_call(api_, request, clock_.now());
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  const HttpResult result = co_await client_.fetch(std::move(*call));
  co_return fal::read_create(api_, result, request.model, clock_.now());
}

Task<Result<Prediction>> Fal::poll(std::string id, std::string poll_url) {
  auto status_call = fal::status_call(api_, poll_url);
  if (!status_call) {
    Prediction elsewhere;
    elsewhere.id = std::move(id);
    fail(elsewhere, "the request lies elsewhere than at FAL_QUEUE_URL");
    co_return elsewhere;
  }
  const HttpResult answered = co_await client_.fetch(std::move(*status_call));
  auto status = fal::read_status(answered, id, clock_.now());
  if (!status) co_return status.error();
  if (status->unknown) co_return std::move(*status->unknown);
  if (!status->has_ended) {
    Prediction running;
    running.id = std::move(id);
    running.poll_url = std::move(poll_url);
    co_return running;
  }
  auto result_call = fal::result_call(api_, poll_url, *answered);
  if (!result_call) co_return Error{Errc::provider_failed, "fal's answer could not be read"};
  const HttpResult result = co_await client_.fetch(std::move(*result_call));
  co_return fal::read_result(result, id, clock_.now());
}

Task<Result<std::string>> Fal::fetch_webhook_secret() {
  HttpCall call = fal::keys_call(api_);
  const HttpResult result = co_await client_.fetch(std::move(call));
  if (!result) co_return Error{Errc::provider_unavailable, "fal cannot be reached: " + result.error().error.detail};
  if (result->status == 200) co_return result->body;
  co_return Error{Errc::provider_unavailable,
                  "fal answered " + std::to_string(result->status) + " when asked for its public keys"};
}

Result<void> Fal::check_webhook(const HttpHeaders& headers, Timestamp now) const {
  return fal::check_webhook(headers, now);
}

Result<std::string> Fal::read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                      Timestamp now) const {
  return fal::read_webhook(headers, body, secret, now);
}

// fal has no call that tells of a key and costs nothing: a request that nobody made is unknown to who has a good one.
Task<Result<std::string>> Fal::check_credentials() {
  HttpCall call = fal::unknown_request_call(api_);
  const HttpResult result = co_await client_.fetch(std::move(call));
  if (!result) co_return Error{Errc::provider_unavailable, "fal cannot be reached: " + result.error().error.detail};
  const int status = result->status;
  if (status == 401 || status == 403) {
    co_return Error{Errc::provider_unavailable, "fal does not take FAL_KEY (" + std::to_string(status) + ")"};
  }
  if (status >= 500) co_return Error{Errc::provider_unavailable, "fal answered " + std::to_string(status)};
  co_return std::string("fal does not refuse FAL_KEY");
}

}  // namespace lightfast::providers
