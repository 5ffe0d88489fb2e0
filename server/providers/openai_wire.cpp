#include "server/providers/openai_wire.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/data_uri.h"
#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/calls.h"
#include "server/providers/form.h"
#include "server/providers/inline_images.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"

namespace lightfast::providers::openai {
namespace {

namespace json = boost::json;

constexpr std::string_view display_name = "OpenAI";

// A source image or mask, and where in the input it stands.
struct Source {
  json::value image;
  std::string place;
  bool is_inline() const { return image.is_string() && is_data_uri(image.get_string()); }
};

Error no_image(const std::string& place) {
  return {Errc::invalid_request, "`" + place + "` must be an http, https or data: URL, or a list of such"};
}

Result<void> check_source(const Source& source) {
  if (source.image.is_object()) return {};  // {"image_url"} or {"file_id"}, as the API has it
  if (!source.image.is_string()) return no_image(source.place);
  const std::string_view text = source.image.get_string();
  if (!is_data_uri(text) && !text.starts_with("http://") && !text.starts_with("https://")) {
    return no_image(source.place);
  }
  return {};
}

// Takes the member out of the input.
Result<std::vector<Source>> take_sources(json::object& input, const std::string& name) {
  std::vector<Source> sources;
  const json::value given = member_of(input, name);
  input.erase(name);
  if (const auto* list = given.if_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      sources.push_back({(*list)[i], "input." + name + "[" + std::to_string(i) + "]"});
    }
  } else if (!given.is_null()) {
    sources.push_back({given, "input." + name});
  }
  for (const Source& source : sources) {
    if (const auto checked = check_source(source); !checked) return checked.error();
  }
  return sources;
}

json::value as_reference(const Source& source) {
  if (source.image.is_object()) return source.image;
  return json::object{{"image_url", source.image}};
}

HttpCall edit_by_json(HttpCall call, json::object input, const std::vector<Source>& images,
                      const std::vector<Source>& masks) {
  json::array references;
  for (const Source& source : images) references.push_back(as_reference(source));
  input["images"] = std::move(references);
  if (!masks.empty()) input["mask"] = as_reference(masks.front());
  call.headers.emplace_back("Content-Type", "application/json");
  call.body = json::serialize(input);
  return call;
}

Result<HttpCall> edit_by_form(HttpCall call, const json::object& input, const std::vector<Source>& images,
                              const std::vector<Source>& masks) {
  Form form;
  form.add_fields(input);
  for (const Source& source : images) {
    const auto added = form.add_file(images.size() == 1 ? "image" : "image[]", source.image.get_string(), source.place);
    if (!added) return added.error();
  }
  if (!masks.empty()) {
    const auto added = form.add_file("mask", masks.front().image.get_string(), masks.front().place);
    if (!added) return added.error();
  }
  auto [content_type, body] = form.finish();
  call.headers.emplace_back("Content-Type", std::move(content_type));
  call.body = std::move(body);
  return call;
}

// In milliseconds, of OpenAI's own work.
std::optional<double> seconds_of(const HttpAnswer& answer) {
  const auto header = find_header(answer.headers, "openai-processing-ms");
  unsigned milliseconds = 0;
  if (!header || std::from_chars(header->data(), header->data() + header->size(), milliseconds).ec != std::errc()) {
    return std::nullopt;
  }
  return milliseconds / 1000.0;
}

CreateOutcome read_made(const HttpAnswer& answer, std::string_view model) {
  const auto object = parse_object(answer.body);
  if (!object || !member_of(*object, "data").is_array()) return unreadable_create(display_name, Cost::money);
  Prediction prediction;
  prediction.id = find_header(answer.headers, "x-request-id").value_or("");
  prediction.model = model;
  prediction.outputs = collect_images(member_of(*object, "data"));
  prediction.raw = keep_raw(*object);
  json::object details = details_of(*object);
  if (const auto taken = seconds_of(answer)) details["seconds"] = *taken;
  prediction.details = details_text(details);
  prediction.state = Prediction::State::succeeded;
  if (prediction.outputs.empty()) fail(prediction, "OpenAI's answer holds no image");
  return {std::move(prediction)};
}

}  // namespace

Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, Timestamp now) {
  auto input = input_of(request);
  if (!input) return input.error();
  if (member_of(*input, "stream") == json::value(true)) {
    return Error{Errc::invalid_request, "`input.stream` must be left out: the answer is read as a whole"};
  }
  (*input)["model"] = request.model;
  if (request.model.starts_with("dall-e") && !input->contains("response_format")) (*input)["response_format"] = "url";

  auto images = take_sources(*input, "image");
  if (!images) return images.error();
  auto more = take_sources(*input, "images");
  if (!more) return more.error();
  images->insert(images->end(), more->begin(), more->end());
  if (images->empty()) {
    HttpCall call = making_json_call(api.base_url + "/images/generations", *input, request.deadline, now);
    call.headers.push_back(bearer(api.key));
    return call;
  }
  auto masks = take_sources(*input, "mask");
  if (!masks) return masks.error();
  HttpCall call = making_call(api.base_url + "/images/edits", request.deadline, now);
  call.headers.push_back(bearer(api.key));
  const auto is_inline = [](const Source& source) { return source.is_inline(); };
  const bool all_inline =
      std::all_of(images->begin(), images->end(), is_inline) && std::all_of(masks->begin(), masks->end(), is_inline);
  if (all_inline) return edit_by_form(std::move(call), *input, *images, *masks);
  return edit_by_json(std::move(call), std::move(*input), *images, *masks);
}

json::object details_of(const json::object& object) {
  json::object details;
  if (const json::value& usage = member_of(object, "usage"); usage.is_object()) details["usage"] = usage;
  if (const auto* data = member_of(object, "data").if_array(); data && !data->empty() && data->front().is_object()) {
    const std::string_view revised = text_of(data->front().get_object(), "revised_prompt");
    if (!revised.empty()) details["revised_prompt"] = revised;
  }
  return details;
}

HttpCall models_call(const Api& api) {
  HttpCall call = asking_call(api.base_url + "/models");
  call.headers.push_back(bearer(api.key));
  return call;
}

CreateOutcome read_create(const HttpResult& result, std::string_view model, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::money);
  if (result->status >= 200 && result->status < 300) return read_made(*result, model);
  CreateOutcome outcome = refused_create(display_name, *result, now, Cost::money);
  // A quota that is used up does not come back by waiting.
  const auto object = parse_object(result->body);
  if (object && text_of(object_of(*object, "error"), "code") == "insufficient_quota") outcome.may_try_again = false;
  return outcome;
}

}  // namespace lightfast::providers::openai
