#include "server/providers/stability.h"

#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/calls.h"
#include "server/providers/credentials.h"
#include "server/providers/form.h"
#include "server/providers/inline_images.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"

namespace lightfast::providers {

namespace json = boost::json;

namespace stability {
namespace {

constexpr std::string_view display_name = "Stability";

// "sd3.5-large" is asked for at sd3, as a model of its own.
Result<std::string> endpoint_of(std::string_view model) {
  if (model == "core" || model == "ultra" || model == "sd3") return std::string(model);
  if (model.starts_with("sd3.") || model.starts_with("sd3-")) return std::string("sd3");
  return Error{Errc::invalid_request,
               "model '" + std::string(model.substr(0, 200)) + "' must be core, ultra, sd3 or one like sd3.5-large"};
}

std::string header_of(const HttpAnswer& answer, std::string_view name) {
  return std::string(find_header(answer.headers, name).value_or(""));
}

std::string details_of(const HttpAnswer& answer) {
  const std::string text = header_of(answer, "seed");
  std::int64_t seed = 0;
  const bool is_number = std::from_chars(text.data(), text.data() + text.size(), seed).ec == std::errc();
  return is_number ? details_text({{"seed", seed}}) : std::string();
}

CreateOutcome read_made(const HttpAnswer& answer) {
  if (!is_image_answer(answer)) return unreadable_create(display_name, Cost::money);
  Prediction prediction = made_of(answer);
  prediction.details = details_of(answer);
  // A filtered image comes all the same, blurred.
  const std::string reason = header_of(answer, "finish-reason");
  if (!reason.empty() && reason != "SUCCESS") {
    prediction.outputs.clear();
    fail(prediction, "the generation failed: Stability says " + reason.substr(0, 100));
  }
  return {std::move(prediction)};
}

}  // namespace

Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now) {
  const auto endpoint = endpoint_of(request.model);
  if (!endpoint) return endpoint.error();
  auto input = input_of(request);
  if (!input) return input.error();
  if (*endpoint != request.model) (*input)["model"] = request.model;
  Form form;
  for (const char* name : {"image", "mask"}) {
    const json::value file = member_of(*input, name);
    input->erase(name);
    if (file.is_null()) continue;
    const std::string place = std::string("input.") + name;
    if (!file.is_string()) return wrong_member(place, "a data: URI");
    if (const auto added = form.add_file(name, file.get_string(), place); !added) return added.error();
  }
  form.add_fields(*input);
  auto [content_type, body] = form.finish();
  HttpCall call = making_call(api.base_url + "/v2beta/stable-image/generate/" + *endpoint, request.deadline, now);
  call.headers = {bearer(api.key), {"Accept", "image/*"}, {"Content-Type", std::move(content_type)}};
  call.body = std::move(body);
  return call;
}

HttpCall balance_call(const Api& api) {
  HttpCall call = asking_call(api.base_url + "/v1/user/balance");
  call.headers.push_back(bearer(api.key));
  return call;
}

CreateOutcome read_create(const HttpResult& result, std::string_view model, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::money);
  if (result->status >= 200 && result->status < 300) {
    CreateOutcome made = read_made(*result);
    if (made.prediction) made.prediction->model = model;
    return made;
  }
  CreateOutcome outcome = refused_create(display_name, *result, now, Cost::money);
  // Moderation refuses the prompt, not the key.
  const auto object = parse_object(result->body);
  if (result->status == 403 && object && text_of(*object, "name") == "content_moderation") {
    outcome.error = {Errc::provider_rejected, with_message("Stability answered 403", *result)};
  }
  return outcome;
}

}  // namespace stability

GenerationRequest Stability::completed(GenerationRequest request) const {
  if (request.model.empty()) request.model = default_model();
  return request;
}

// An image of ours stands there by its URL until it is sent.
Result<void> Stability::check(const GenerationRequest& request) const {
  GenerationRequest without_urls = completed(request);
  if (auto input = input_of(request)) {
    for (const char* name : {"image", "mask"}) {
      if (text_of(*input, name).starts_with("http")) input->erase(name);
    }
    without_urls.input = json::serialize(*input);
  }
  const auto call = stability::create_call(api_, without_urls, clock_.now());
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> Stability::create(GenerationRequest request) {
  request = completed(std::move(request));
  auto call = stability::create_call(api_, request, clock_.now());
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  const HttpResult result = co_await client_.fetch(std::move(*call));
  co_return stability::read_create(result, request.model, clock_.now());
}

Task<Result<std::string>> Stability::check_credentials() {
  HttpCall call = stability::balance_call(api_);
  auto told = co_await ask_credentials(client_, std::move(call), "Stability", "STABILITY_API_KEY");
  co_return told;
}

}  // namespace lightfast::providers
