#include "server/providers/pexels.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/calls.h"
#include "server/providers/credentials.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"

namespace lightfast::providers {

namespace json = boost::json;

namespace pexels {
namespace {

constexpr std::string_view display_name = "Pexels";
constexpr std::string_view default_size = "large2x";

std::string size_in(const json::object& input) {
  const std::string_view size = text_of(input, "src");
  return std::string(size.empty() ? default_size : size);
}

std::string parameter_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

std::string details_of(const json::object& photo) {
  const std::string name(text_of(photo, "photographer"));
  if (name.empty()) return {};
  return details_text({{"credit",
                        {{"text", "Photo by " + name + " on Pexels"},
                         {"name", name},
                         {"url", text_of(photo, "photographer_url")},
                         {"photo_url", text_of(photo, "url")}}}});
}

Prediction to_prediction(const json::object& photo, const std::string& size) {
  Prediction prediction;
  prediction.state = Prediction::State::succeeded;
  if (const json::value& id = member_of(photo, "id"); id.is_number()) prediction.id = json::serialize(id);
  prediction.raw = keep_raw(photo);
  prediction.details = details_of(photo);
  // `url` is a page; the pictures are under `src`.
  const json::object& sources = object_of(photo, "src");
  prediction.outputs = collect_outputs(member_of(sources, size));
  if (prediction.outputs.empty()) prediction.outputs = collect_outputs(member_of(sources, "original"));
  if (prediction.outputs.empty()) fail(prediction, "Pexels' answer holds no picture");
  return prediction;
}

}  // namespace

Result<HttpCall> search_call(const Api& api, const GenerationRequest& request, Timestamp now) {
  auto input = input_of(request);
  if (!input) return input.error();
  const std::string query(text_of(*input, input->contains("query") ? "query" : "prompt"));
  std::string url = api.base_url + "/search?query=" + percent_encode(query);
  (*input)["per_page"] = 1;
  for (const auto& member : *input) {
    if (member.key() == "prompt" || member.key() == "query" || member.key() == "src") continue;
    if (member.value().is_null()) continue;
    if (member.value().is_structured()) return wrong_member("input." + std::string(member.key()), "a text or a number");
    url += "&" + percent_encode(member.key()) + "=" + percent_encode(parameter_of(member.value()));
  }
  HttpCall call = asking_call(std::move(url));
  call.headers.emplace_back("Authorization", api.key);
  call.timeout = std::min(call.timeout, time_left(request.deadline, now));
  return call;
}

CreateOutcome read_search(const HttpResult& result, const GenerationRequest& request, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::nothing);
  if (result->status < 200 || result->status >= 300) {
    return refused_create(display_name, *result, now, Cost::nothing);
  }
  const auto object = parse_object(result->body);
  const auto input = input_of(request);
  const auto* photos = object ? member_of(*object, "photos").if_array() : nullptr;
  if (photos == nullptr || !input) return unreadable_create(display_name, Cost::nothing);
  if (!photos->empty() && photos->front().is_object()) {
    return {to_prediction(photos->front().get_object(), size_in(*input))};
  }
  Prediction none;
  none.raw = keep_raw(*object);
  fail(none, "Pexels found no photo for this prompt");
  return {std::move(none)};
}

}  // namespace pexels

Result<void> Pexels::check(const GenerationRequest& request) const {
  const auto call = pexels::search_call(api_, request, clock_.now());
  if (!call) return call.error();
  return {};
}

Task<CreateOutcome> Pexels::create(GenerationRequest request) {
  auto call = pexels::search_call(api_, request, clock_.now());
  if (!call) co_return CreateOutcome{std::nullopt, call.error()};
  const HttpResult result = co_await client_.fetch(std::move(*call));
  co_return pexels::read_search(result, request, clock_.now());
}

Task<Result<std::string>> Pexels::check_credentials() {
  const GenerationRequest request{.prompt = "sea", .deadline = Timestamp::max()};
  auto call = pexels::search_call(api_, request, clock_.now());
  if (!call) co_return call.error();
  auto told = co_await ask_credentials(client_, std::move(*call), "Pexels", "PEXELS_API_KEY");
  co_return told;
}

}  // namespace lightfast::providers
