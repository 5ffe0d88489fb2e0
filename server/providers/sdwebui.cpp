#include "server/providers/sdwebui.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "base/encoding.h"
#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/calls.h"
#include "server/providers/credentials.h"
#include "server/providers/inline_images.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"

namespace lightfast::providers {

namespace json = boost::json;

namespace sdwebui {
namespace {

constexpr std::string_view display_name = "SD WebUI";

void authorize(const Api& api, HttpCall& call) {
  if (!api.key.empty()) call.headers.emplace_back("Authorization", "Basic " + to_base64(api.key));
}

// `info` is JSON within a string.
json::object info_of(const json::object& answer) {
  auto info = parse_object(text_of(answer, "info"));
  return info ? std::move(*info) : json::object();
}

// A grid may stand before the images, and maps of extensions after them: the images are as many as there were seeds.
void keep_images(std::vector<Output>& outputs, const json::object& info) {
  const auto* seeds = member_of(info, "all_seeds").if_array();
  const json::value& first = member_of(info, "index_of_first_image");
  if (seeds == nullptr || seeds->empty() || !first.is_int64() || first.get_int64() < 0) return;
  const auto skipped = static_cast<std::size_t>(first.get_int64());
  if (skipped + seeds->size() > outputs.size()) return;
  outputs.erase(outputs.begin() + static_cast<std::ptrdiff_t>(skipped + seeds->size()), outputs.end());
  outputs.erase(outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(skipped));
}

CreateOutcome read_made(const HttpAnswer& answer) {
  const auto object = parse_object(answer.body);
  if (!object || !member_of(*object, "images").is_array()) return unreadable_create(display_name, Cost::nothing);
  const json::object info = info_of(*object);
  Prediction prediction;
  prediction.state = Prediction::State::succeeded;
  prediction.model = text_of(info, "sd_model_name");
  prediction.outputs = collect_images(json::object{{"images", member_of(*object, "images")}});
  keep_images(prediction.outputs, info);
  prediction.raw = keep_raw(*object);
  if (const json::value& seed = member_of(info, "seed"); seed.is_number()) {
    prediction.details = details_text({{"seed", seed}});
  }
  if (prediction.outputs.empty()) fail(prediction, "SD WebUI's answer holds no image");
  return {std::move(prediction)};
}

}  // namespace

Api parse_url(std::string_view url) {
  const auto scheme_end = url.find("://");
  const auto authority = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const std::string_view host = url.substr(authority, url.find('/', authority) - authority);
  const auto at = host.rfind('@');
  if (at == std::string_view::npos) return {std::string(url), {}};
  const std::string given(host.substr(0, at));
  return {std::string(url.substr(0, authority)) + std::string(url.substr(authority + at + 1)),
          percent_decode(given).value_or(given)};
}

Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now) {
  auto input = input_of(request);
  if (!input) return input.error();
  if (!request.model.empty()) {
    json::value& settings = (*input)["override_settings"];
    if (settings.is_null()) settings = json::object();
    if (!settings.is_object()) return wrong_member("input.override_settings", "an object");
    settings.get_object()["sd_model_checkpoint"] = request.model;
  }
  const char* path = input->contains("init_images") ? "/sdapi/v1/img2img" : "/sdapi/v1/txt2img";
  HttpCall call = making_json_call(api.base_url + path, *input, request.deadline, now);
  authorize(api, call);
  return call;
}

HttpCall progress_call(const Api& api) {
  HttpCall call = asking_call(api.base_url + "/sdapi/v1/progress?skip_current_image=true");
  authorize(api, call);
  return call;
}

CreateOutcome read_create(const HttpResult& result, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::nothing);
  if (result->status >= 200 && result->status < 300) return read_made(*result);
  return refused_create(display_name, *result, now, Cost::nothing);
}

}  // namespace sdwebui

Result<void> SdWebUi::check(const GenerationRequest& request) const {
  const auto call = sdwebui::create_call(api_, request, clock_.now());
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> SdWebUi::create(GenerationRequest request) {
  auto call = sdwebui::create_call(api_, request, clock_.now());
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  const HttpResult result = co_await client_.fetch(std::move(*call));
  co_return sdwebui::read_create(result, clock_.now());
}

Task<Result<std::string>> SdWebUi::check_credentials() {
  HttpCall call = sdwebui::progress_call(api_);
  auto told = co_await ask_credentials(client_, std::move(call), "SD WebUI", "SDWEBUI_URL");
  co_return told;
}

}  // namespace lightfast::providers
