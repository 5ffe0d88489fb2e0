#include "server/providers/chutes.h"

#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/calls.h"
#include "server/providers/inline_images.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"

namespace lightfast::providers {

namespace chutes {
namespace {

constexpr std::string_view display_name = "Chutes";

CreateOutcome read_json(const HttpAnswer& answer) {
  const auto object = parse_object(answer.body);
  if (!object) return unreadable_create(display_name, Cost::money);
  Prediction prediction;
  prediction.outputs = collect_images(*object);
  if (prediction.outputs.empty()) return unreadable_create(display_name, Cost::money);
  prediction.state = Prediction::State::succeeded;
  prediction.raw = keep_raw(*object);
  return {std::move(prediction)};
}

}  // namespace

Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now) {
  auto input = input_of(request);
  if (!input) return input.error();
  (*input)["model"] = request.model;
  HttpCall call = making_json_call(api.base_url + "/generate", *input, request.deadline, now);
  call.headers.push_back(bearer(api.key));
  return call;
}

CreateOutcome read_create(const HttpResult& result, std::string_view model, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::money);
  if (result->status >= 200 && result->status < 300) {
    CreateOutcome made = is_image_answer(*result) ? CreateOutcome{made_of(*result)} : read_json(*result);
    if (made.prediction) made.prediction->model = model;
    return made;
  }
  CreateOutcome outcome = refused_create(display_name, *result, now, Cost::money);
  // "No instances available": nobody took the call, and somebody may in a moment.
  const auto object = result->status == 503 ? parse_object(result->body) : Result<boost::json::object>(Error{});
  if (object && object->contains("detail")) {
    outcome.error.code = Errc::provider_unavailable;
    outcome.error.retry_after = find_retry_after(*result, now);
    outcome.may_be_accepted = false;
    outcome.may_try_again = true;
  }
  return outcome;
}

}  // namespace chutes

GenerationRequest Chutes::completed(GenerationRequest request) const {
  request.model = named_model(request, default_model());
  return request;
}

Result<void> Chutes::check(const GenerationRequest& request) const {
  const auto call = chutes::create_call(api_, completed(request), clock_.now());
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> Chutes::create(GenerationRequest request) {
  request = completed(std::move(request));
  auto call = chutes::create_call(api_, request, clock_.now());
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  const HttpResult result = co_await client_.fetch(std::move(*call));
  co_return chutes::read_create(result, request.model, clock_.now());
}

Task<Result<std::string>> Chutes::check_credentials() {
  co_return std::string("not tried: Chutes has no call there that costs nothing");
}

}  // namespace lightfast::providers
