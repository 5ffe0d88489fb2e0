#include "server/providers/replicate_wire.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/encoding.h"
#include "base/http_url.h"
#include "base/json_members.h"
#include "server/providers/answer.h"
#include "server/providers/members.h"
#include "server/providers/refusal.h"
#include "server/providers/webhook_signature.h"

namespace lightfast::providers::replicate {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::string_view display_name = "Replicate";

// Answers can hold several images inline, as base64.
constexpr std::uint64_t max_answer_bytes = 64 << 20;
constexpr std::uint64_t max_listing_bytes = 16 << 20;
constexpr seconds answer_time{60};
constexpr seconds longest_wait{60};
constexpr std::chrono::hours output_lifetime{1};

// How far a prediction's creation may lie from when we sent the call: clocks differ, and calls wait in queues.
constexpr seconds earliest_before{60};
constexpr seconds latest_after{600};

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 128 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

bool is_version(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

HttpCall call_of(const Api& api, std::string url) {
  HttpCall call;
  call.url = std::move(url);
  call.headers = {{"Authorization", "Bearer " + api.key}, {"Accept", "application/json"}};
  call.timeout = answer_time;
  call.max_body_bytes = max_answer_bytes;
  return call;
}

std::string create_path(const Model& model) {
  switch (model.kind) {
    case Model::Kind::version: return "/predictions";
    case Model::Kind::deployment: return "/deployments/" + model.owner + "/" + model.name + "/predictions";
    case Model::Kind::official: break;
  }
  return "/models/" + model.owner + "/" + model.name + "/predictions";
}

std::optional<Timestamp> time_of(const json::object& object, std::string_view name) {
  return parse_provider_time(text_of(object, name));
}

std::string reason_of(const json::object& object, std::string_view status) {
  const json::value& error = member_of(object, "error");
  std::string reason = error.is_null() ? std::string() : error_message(json::serialize(error));
  if (reason.empty()) reason = "no reason given";
  return "the generation " + std::string(status == "failed" ? "failed" : "was " + std::string(status)) + ": " + reason;
}

void judge_success(Prediction& prediction, const json::object& object) {
  prediction.outputs = collect_outputs(member_of(object, "output"));
  if (!prediction.outputs.empty()) {
    prediction.state = Prediction::State::succeeded;
  } else if (member_of(object, "data_removed") == json::value(true)) {
    fail(prediction, "the provider has already removed the generation's outputs", Errc::source_gone);
  } else {
    fail(prediction, "the generation succeeded but its output holds no image");
  }
}

// "Using seed: 1234" somewhere in the logs, which is where most models tell it.
std::optional<std::int64_t> seed_in_logs(std::string_view logs) {
  constexpr std::string_view phrase = "Using seed: ";
  const auto at = logs.find(phrase);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view text = logs.substr(at + phrase.size());
  std::int64_t seed = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (problem != std::errc()) return std::nullopt;
  return seed;
}

std::string details_of(const json::object& object) {
  json::object details;
  if (const json::value& seed = member_of(object_of(object, "input"), "seed"); seed.is_number()) {
    details["seed"] = seed;
  } else if (const auto logged = seed_in_logs(text_of(object, "logs"))) {
    details["seed"] = *logged;
  }
  const json::value& seconds_taken = member_of(object_of(object, "metrics"), "predict_time");
  if (seconds_taken.is_number()) details["seconds"] = seconds_taken;
  return details_text(details);
}

// Only `succeeded`, `failed`, `canceled` and `aborted` are final; a status that nobody knows yet is waited out.
void judge(Prediction& prediction, const json::object& object, Phase phase) {
  const std::string_view status = text_of(object, "status");
  if (status == "succeeded" || status == "successful") return judge_success(prediction, object);
  if (status == "failed" || status == "canceled" || status == "aborted") {
    return fail(prediction, reason_of(object, status));
  }
  const json::value& output = member_of(object, "output");
  // In wait mode the answer comes as soon as the files are there, maybe before the prediction is closed. Elsewhere a
  // list still grows.
  if (phase == Phase::waited && status == "processing" && !has_holes(output) && !collect_outputs(output).empty()) {
    judge_success(prediction, object);
  }
}

std::optional<Prediction> to_prediction(const json::object& object, Phase phase) {
  Prediction prediction;
  prediction.id = text_of(object, "id");
  if (prediction.id.empty() || prediction.id.size() > 256 || !member_of(object, "status").is_string()) {
    return std::nullopt;
  }
  prediction.model = text_of(object, "model");
  prediction.poll_url = text_of(object_of(object, "urls"), "get");
  if (const auto ended = time_of(object, "completed_at")) {
    prediction.outputs_fade_at = *ended + output_lifetime;
  } else if (const auto created = time_of(object, "created_at")) {
    prediction.outputs_fade_at = *created + output_lifetime;
  }
  judge(prediction, object, phase);
  prediction.raw = keep_raw(object);
  prediction.details = details_of(object);
  return prediction;
}

double as_number(const json::value& value) {
  return value.to_number<double>();
}

// Whether `ours` is found in `theirs`: the provider may have filled in defaults, and write 1 as 1.0.
bool is_part_of(const json::value& ours, const json::value& theirs) {
  if (ours.is_number() && theirs.is_number()) return as_number(ours) == as_number(theirs);
  if (ours.is_object() && theirs.is_object()) {
    return std::all_of(ours.get_object().begin(), ours.get_object().end(), [&](const auto& member) {
      const json::value* other = theirs.get_object().if_contains(member.key());
      return other && is_part_of(member.value(), *other);
    });
  }
  if (ours.is_array() && theirs.is_array()) {
    return std::equal(ours.get_array().begin(), ours.get_array().end(), theirs.get_array().begin(),
                      theirs.get_array().end(), is_part_of);
  }
  return ours == theirs;
}

bool is_of_model(const json::object& object, const Model& model) {
  if (model.kind == Model::Kind::deployment) return text_of(object, "deployment") == model.owner + "/" + model.name;
  if (!model.version.empty() && text_of(object, "version") != model.version) return false;
  return model.owner.empty() || text_of(object, "model") == model.owner + "/" + model.name;
}

bool is_made_since(const json::object& object, Timestamp created_after) {
  const auto created_at = time_of(object, "created_at");
  return created_at && *created_at >= created_after - earliest_before && *created_at <= created_after + latest_after;
}

json::array results_of(std::string_view listing) {
  auto object = parse_object(listing);
  if (!object) return {};
  json::value& results = (*object)["results"];
  return results.is_array() ? std::move(results.as_array()) : json::array();
}

WebhookHeaders signed_by(const HttpHeaders& headers) {
  const auto field = [&](std::string_view name) { return find_header(headers, name).value_or(""); };
  return {field("webhook-id"), field("webhook-timestamp"), field("webhook-signature")};
}

}  // namespace

Result<Model> parse_model(std::string_view text) {
  const auto fail_with = [&] {
    return Error{Errc::invalid_request, "model '" + std::string(text.substr(0, 200)) +
                                            "' must be owner/name, owner/name:version, a version of 64 hex digits, or "
                                            "deployments/owner/name"};
  };
  Model model;
  if (is_version(text)) {
    model.kind = Model::Kind::version;
    model.version = text;
    return model;
  }
  std::string_view rest = text;
  constexpr std::string_view deployments = "deployments/";
  if (rest.starts_with(deployments) && std::count(rest.begin(), rest.end(), '/') == 2) {
    model.kind = Model::Kind::deployment;
    rest.remove_prefix(deployments.size());
  } else if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    model.kind = Model::Kind::version;
    model.version = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_word(model.version)) return fail_with();
  }
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return fail_with();
  model.owner = rest.substr(0, slash);
  model.name = rest.substr(slash + 1);
  if (!is_word(model.owner) || !is_word(model.name)) return fail_with();
  return model;
}

Result<HttpCall> create_call(const Api& api, const GenerationRequest& request, seconds wait) {
  const auto model = parse_model(request.model);
  if (!model) return model.error();
  auto input = input_of(request);
  if (!input) return input.error();
  json::object body;
  if (model->kind == Model::Kind::version) body["version"] = model->version;
  body["input"] = std::move(*input);
  if (request.webhook_url.starts_with("https://")) {  // no other is taken
    body["webhook"] = request.webhook_url;
    body["webhook_events_filter"] = {"completed"};
  }
  HttpCall call = call_of(api, api.base_url + create_path(*model));
  call.method = "POST";
  call.connection = HttpConnection::fresh;
  call.headers.emplace_back("Content-Type", "application/json");
  if (wait >= seconds(1)) {
    wait = std::min(wait, longest_wait);
    call.headers.emplace_back("Prefer", "wait=" + std::to_string(wait.count()));
    call.timeout += wait;
  }
  call.body = json::serialize(body);
  return call;
}

HttpCall poll_call(const Api& api, std::string_view prediction_id) {
  return call_of(api, api.base_url + "/predictions/" + percent_encode(prediction_id));
}

HttpCall list_call(const Api& api) {
  HttpCall call = call_of(api, api.base_url + "/predictions");
  call.max_body_bytes = max_listing_bytes;
  return call;
}

std::optional<HttpCall> next_list_call(const Api& api, std::string_view listing) {
  const auto object = parse_object(listing);
  if (!object) return std::nullopt;
  const auto next = parse_http_url(text_of(*object, "next"));
  const auto base = parse_http_url(api.base_url);
  if (!next || !base || next->origin() != base->origin()) return std::nullopt;  // the token stays at home
  HttpCall call = list_call(api);
  call.url = next->str();
  return call;
}

HttpCall webhook_secret_call(const Api& api) {
  return call_of(api, api.base_url + "/webhooks/default/secret");
}

HttpCall account_call(const Api& api) {
  return call_of(api, api.base_url + "/account");
}

CreateOutcome read_create(const HttpResult& result, Phase phase, Timestamp now) {
  if (!result) return lost_create(display_name, result.error(), Cost::money);
  const int status = result->status;
  if (status >= 200 && status < 300) {
    const auto object = parse_object(result->body);
    auto prediction = object ? to_prediction(*object, phase) : std::nullopt;
    if (prediction) return {std::move(prediction)};
    return unreadable_create(display_name, Cost::money);
  }
  CreateOutcome outcome = refused_create(display_name, *result, now, Cost::money);
  if (status == 404) {
    outcome.error.detail += " (a model that is not an official one needs its version: owner/name:version)";
  }
  return outcome;
}

Result<Prediction> read_poll(const HttpResult& result, std::string_view prediction_id, Timestamp now) {
  if (!result) return lost_answer(display_name, result.error());
  const int status = result->status;
  if (status >= 200 && status < 300) {
    const auto object = parse_object(result->body);
    auto prediction = object ? to_prediction(*object, Phase::polled) : std::nullopt;
    if (prediction) return std::move(*prediction);
    return Error{Errc::provider_failed, "Replicate's answer could not be read"};
  }
  return refused_poll(display_name, *result, prediction_id, now);
}

Result<void> check_webhook(const HttpHeaders& headers, Timestamp now) {
  return check_webhook_headers(signed_by(headers), now);
}

Result<std::string> read_webhook(const HttpHeaders& headers, std::string_view body, std::string_view secret,
                                 Timestamp now) {
  const std::string known(secret);
  if (const auto genuine = verify_webhook(signed_by(headers), body, std::span(&known, 1), now); !genuine)
    return genuine.error();
  const auto object = parse_object(body);
  if (!object) return object.error();
  return std::string(text_of(*object, "id"));
}

Result<Prediction> read_prediction(std::string_view body) {
  const auto object = parse_object(body);
  auto prediction = object ? to_prediction(*object, Phase::polled) : std::nullopt;
  if (!prediction) return Error{Errc::provider_failed, "not a prediction of Replicate's"};
  return std::move(*prediction);
}

std::optional<Prediction> find_in_listing(std::string_view listing, const GenerationRequest& request,
                                          Timestamp created_after, const IsTaken& is_taken) {
  const auto model = parse_model(request.model);
  const auto input = input_of(request);
  if (!model || !input) return std::nullopt;
  std::optional<Prediction> earliest;
  std::optional<Timestamp> earliest_time;
  for (const json::value& item : results_of(listing)) {
    const auto* object = item.if_object();
    if (!object || !is_of_model(*object, *model) || !is_made_since(*object, created_after)) continue;
    if (!is_part_of(*input, member_of(*object, "input"))) continue;
    auto prediction = to_prediction(*object, Phase::polled);
    if (!prediction || (is_taken && is_taken(prediction->id))) continue;
    const auto created_at = time_of(*object, "created_at");
    if (earliest && *created_at >= *earliest_time) continue;
    earliest = std::move(prediction);
    earliest_time = created_at;
  }
  return earliest;
}

bool reaches_back_to(std::string_view listing, Timestamp created_after) {
  const json::array results = results_of(listing);
  if (results.empty() || !results.back().is_object()) return true;
  const auto oldest = time_of(results.back().get_object(), "created_at");
  return !oldest || *oldest < created_after - earliest_before;
}

std::optional<std::string> read_webhook_secret(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return std::nullopt;
  const std::string_view key = text_of(*object, "key");
  if (!key.starts_with("whsec_")) return std::nullopt;
  return std::string(key);
}

}  // namespace lightfast::providers::replicate
