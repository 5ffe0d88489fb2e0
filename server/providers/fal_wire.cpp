#include "server/providers/fal_wire.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "base/encoding.h"
#include "base/http_url.h"
#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/calls.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"

namespace lightfast::providers::fal {
namespace {

namespace json = boost::json;

constexpr std::string_view display_name = "fal";
constexpr std::size_t longest_id = 256;

bool is_segment(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text.find_first_not_of('.') != std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

// "fal-ai/flux/dev" → its parts; at least an owner and a name.
Result<std::vector<std::string>> parse_endpoint(std::string_view model) {
  std::vector<std::string> parts;
  std::string_view rest = model;
  for (bool is_last = false; !is_last;) {
    const auto slash = rest.find('/');
    is_last = slash == std::string_view::npos;
    parts.emplace_back(rest.substr(0, slash));
    if (!is_last) rest.remove_prefix(slash + 1);
  }
  if (parts.size() < 2 || parts.size() > 8 || !std::all_of(parts.begin(), parts.end(), is_segment)) {
    return Error{Errc::invalid_request,
                 "model '" + std::string(model.substr(0, 200)) + "' must be an endpoint such as fal-ai/flux/dev"};
  }
  return parts;
}

void authorize(const FalApi& api, HttpCall& call) {
  call.headers.emplace_back("Authorization", "Key " + api.key);
}

// The key is shown to nobody but whom the settings name.
bool is_of_queue(const FalApi& api, std::string_view url) {
  const auto parsed = parse_http_url(url);
  const auto queue = parse_http_url(api.queue_url);
  return parsed && queue && parsed->origin() == queue->origin();
}

// As it is returned; where that lies elsewhere, as it is documented: of the endpoint only owner and name.
std::string status_url(const FalApi& api, const json::object& submitted, std::string_view model, std::string_view id) {
  const std::string_view returned = text_of(submitted, "status_url");
  if (is_of_queue(api, returned)) return std::string(returned);
  const auto parts = parse_endpoint(model);
  const std::string app = parts ? (*parts)[0] + "/" + (*parts)[1] : std::string(model);
  return api.queue_url + "/" + app + "/requests/" + percent_encode(id) + "/status";
}

// The flagged ones too.
std::vector<Output> all_outputs(const json::object& object) {
  for (const char* name : {"images", "image"}) {
    if (auto outputs = collect_outputs(member_of(object, name)); !outputs.empty()) return outputs;
  }
  return collect_outputs(object);
}

// Images that the safety check flagged come back black: they are no outputs. The flags stand in the order of `images`.
std::vector<Output> unflagged_outputs(const json::object& object) {
  const auto* flags = member_of(object, "has_nsfw_concepts").if_array();
  if (flags == nullptr || flags->empty()) return all_outputs(object);
  const json::value flagged = true;
  if (std::count(flags->begin(), flags->end(), flagged) == std::ssize(*flags)) return {};
  const auto* images = member_of(object, "images").if_array();
  if (images == nullptr || images->size() != flags->size()) return all_outputs(object);
  json::array kept;
  for (std::size_t i = 0; i < images->size(); ++i) {
    if ((*flags)[i] != flagged) kept.push_back((*images)[i]);
  }
  return collect_outputs(kept);
}

// The bare output of a model.
Prediction to_prediction(const json::object& object, std::string_view id) {
  Prediction prediction;
  prediction.id = id;
  prediction.state = Prediction::State::succeeded;
  prediction.outputs = unflagged_outputs(object);
  prediction.raw = keep_raw(object);
  prediction.details = details_of(object);
  if (prediction.outputs.empty()) {
    fail(prediction, !all_outputs(object).empty() ? "fal's safety check held every image back (has_nsfw_concepts)"
                                                  : "the generation succeeded but its output holds no image");
  }
  return prediction;
}

// A model that failed says why; a gateway that did only its status.
bool is_of_model(const HttpAnswer& answer) {
  if (answer.status < 500 || find_header(answer.headers, "X-Fal-Error-Type")) return true;
  const auto object = parse_object(answer.body);
  return object && (object->contains("detail") || object->contains("error_type"));
}

}  // namespace

std::string details_of(const json::object& object) {
  json::object details;
  if (const json::value& seed = member_of(object, "seed"); seed.is_number()) details["seed"] = seed;
  const json::value& inference = member_of(object_of(object, "timings"), "inference");
  if (inference.is_number()) details["seconds"] = inference;
  if (const json::value& flags = member_of(object, "has_nsfw_concepts"); flags.is_array()) details["nsfw"] = flags;
  return details_text(details);
}

Result<HttpCall> create_call(const FalApi& api, const GenerationRequest& request, Timestamp now) {
  const auto parts = parse_endpoint(request.model);
  if (!parts) return parts.error();
  const auto input = input_of(request);
  if (!input) return input.error();
  const bool is_straight = member_of(*input, "sync_mode") == json::value(true);
  std::string url = (is_straight ? api.run_url : api.queue_url) + "/" + request.model;
  if (!is_straight && request.webhook_url.starts_with("https://")) {  // no other is taken
    url += "?fal_webhook=" + percent_encode(request.webhook_url);
  }
  HttpCall call = making_json_call(std::move(url), *input, request.deadline, now);
  authorize(api, call);
  return call;
}

std::optional<HttpCall> status_call(const FalApi& api, std::string_view poll_url) {
  if (!is_of_queue(api, poll_url)) return std::nullopt;
  HttpCall call = asking_call(std::string(poll_url));
  authorize(api, call);
  return call;
}

std::optional<HttpCall> result_call(const FalApi& api, std::string_view poll_url, const HttpAnswer& status) {
  const auto object = parse_object(status.body);
  const std::string_view said = object ? text_of(*object, "response_url") : std::string_view();
  std::string url(is_of_queue(api, said) ? said : poll_url.substr(0, poll_url.rfind("/status")));
  if (!is_of_queue(api, url)) return std::nullopt;
  HttpCall call = asking_call(std::move(url));
  authorize(api, call);
  return call;
}

HttpCall keys_call(const FalApi& api) {
  return asking_call(api.rest_url + "/.well-known/jwks.json");
}

HttpCall unknown_request_call(const FalApi& api) {
  HttpCall call = asking_call(api.queue_url + "/fal-ai/flux/requests/00000000-0000-0000-0000-000000000000/status");
  authorize(api, call);
  return call;
}

CreateOutcome read_create(const FalApi& api, const HttpResult& result, std::string_view model, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::money);
  if (result->status < 200 || result->status >= 300) return refused_create(display_name, *result, now, Cost::money);
  const auto object = parse_object(result->body);
  if (!object) return unreadable_create(display_name, Cost::money);
  const std::string_view id = text_of(*object, "request_id");
  const bool is_queued = object->contains("status_url") || text_of(*object, "status").starts_with("IN_");
  if (is_queued && (id.empty() || id.size() > longest_id)) return unreadable_create(display_name, Cost::money);
  if (!is_queued) {
    Prediction made = to_prediction(*object, find_header(result->headers, "x-fal-request-id").value_or(""));
    if (made.outputs.empty() && !object->contains("has_nsfw_concepts")) {
      return unreadable_create(display_name, Cost::money);
    }
    made.model = model;
    return {std::move(made)};
  }
  Prediction queued;
  queued.id = id;
  queued.model = model;
  queued.poll_url = status_url(api, *object, model, id);
  queued.raw = keep_raw(*object);
  return {std::move(queued)};
}

Result<Status> read_status(const HttpResult& result, std::string_view id, Timestamp now) {
  if (!result) return lost_answer(display_name, result.error());
  if (result->status < 200 || result->status >= 300) {
    auto unknown = refused_poll(display_name, *result, id, now);
    if (!unknown) return unknown.error();
    return Status{true, std::move(*unknown)};
  }
  const auto object = parse_object(result->body);
  if (!object) return Error{Errc::provider_failed, "fal's answer could not be read"};
  return Status{text_of(*object, "status") == "COMPLETED", std::nullopt};
}

Result<Prediction> read_result(const HttpResult& result, std::string_view id, Timestamp now) {
  if (!result) return lost_answer(display_name, result.error());
  const int status = result->status;
  if (status >= 200 && status < 300) {
    const auto object = parse_object(result->body);
    if (!object) return Error{Errc::provider_failed, "fal's answer could not be read"};
    return to_prediction(*object, id);
  }
  Error error = refusal(display_name, *result, now);
  if (error.code == Errc::provider_unavailable || !is_of_model(*result)) return error;
  Prediction failed;
  failed.id = id;
  fail(failed, "the generation failed: " + error.detail, error.code);
  if (const auto object = parse_object(result->body)) failed.raw = keep_raw(*object);
  return failed;
}

}  // namespace lightfast::providers::fal
