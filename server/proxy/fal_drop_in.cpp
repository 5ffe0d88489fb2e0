#include "server/proxy/fal_drop_in.h"

#include <boost/json.hpp>

#include "server/http/http_text.h"
#include "server/providers/answer.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds longest_hold{60};  // of an answer, since its request came
constexpr std::chrono::seconds shortest_hold{3};  // where fal has used that up
constexpr std::string_view target_field = "x-fal-target-url";
constexpr std::string_view request_id_field = "x-fal-request-id";

ProviderSettings settings_of(const providers::FalApi& api) {
  const std::string authorization = api.key.empty() ? std::string() : "Key " + api.key;
  return {"fal", api.run_url, authorization, "FAL_KEY", fal_error};
}

// What fal's own proxy sends on: the SDK's fields, and what an answer is wanted as.
HttpHeaders fields_for_fal(const HttpHeaders& given) {
  HttpHeaders fields;
  for (const auto& [name, value] : given) {
    const bool is_fals = http::same_name(name.substr(0, 6), "x-fal-") && !http::same_name(name, target_field);
    const bool is_common = http::same_name(name, "Content-Type") || http::same_name(name, "Accept") ||
                           http::same_name(name, "Accept-Encoding") || http::same_name(name, "User-Agent");
    if (is_fals || is_common) fields.emplace_back(name, value);
  }
  fields.emplace_back("x-fal-client-proxy", "lightfast");
  return fields;
}

std::string prompt_in(std::string_view text) {
  boost::system::error_code problem;
  const json::value value = json::parse(text, problem);
  if (problem || !value.is_object()) return {};
  const auto* prompt = value.as_object().if_contains("prompt");
  return prompt != nullptr && prompt->is_string() ? std::string(prompt->as_string()) : std::string();
}

}  // namespace

FalDropIn::FalDropIn(DropIn& common, providers::FalApi api)
    : common_(common), api_(std::move(api)), provider_(settings_of(api_)) {}

Task<http::Response> FalDropIn::handle(http::Request& request) {
  const std::string wanted = request.headers.combined(target_field);
  const DropIn::Answer answer_it = [this, &wanted](Visit& visit) { return answer(visit, wanted); };
  auto response = co_await common_.serve(request, provider_, answer_it);
  co_return response;
}

Task<Result<http::Response>> FalDropIn::answer(Visit& visit, const std::string& wanted) {
  auto target = fal::read_target(visit.method, wanted, api_);
  if (!target) co_return target.error();
  const bool is_paid = target->call == fal::Call::run || target->call == fal::Call::submit;
  if (is_paid) {
    auto admitted = co_await common_.rehost().admit(visit.customer.user);
    if (!admitted) co_return admitted.error();
  }
  ProviderSettings there = provider_;
  there.base_url = target->base_url;
  visit.target = target->path;
  visit.fields = fields_for_fal(visit.fields);
  auto answer = co_await common_.send(visit, there, is_paid);
  if (!answer) co_return answer.error();
  const bool has_images = target->call == fal::Call::run || target->call == fal::Call::result;
  if (!has_images || !common_.rehost().is_enabled() || !DropIn::is_readable_json(*answer)) {
    co_return co_await common_.pass_on(std::move(*answer));
  }
  co_return co_await change_result(visit, std::move(*answer), std::move(*target));
}

Task<Result<http::Response>> FalDropIn::change_result(const Visit& visit, HttpStream answer, fal::Target target) {
  auto collected = co_await DropIn::collect(answer);
  if (!collected) co_return collected.error();
  if (!collected->is_whole) {
    auto response = DropIn::unchanged(std::move(answer), std::move(collected->text));
    say_rehost_failed(response);
    co_return response;
  }
  http::Response response = DropIn::head_of(answer);
  boost::system::error_code problem;
  json::value result = json::parse(collected->text, problem);
  if (problem || !result.is_object()) {
    response.body.emplace_back(std::move(collected->text));
    co_return response;
  }
  if (const auto* id = response.headers.find(request_id_field)) target.prediction_id = *id;
  const SteadyTime deadline = std::max(visit.began + longest_hold, common_.clock().steady_now() + shortest_hold);
  auto rehosted = co_await common_.rehost().urls(image_urls_in(result), making_of(visit, result.as_object(), target),
                                                 OutputAge::fresh, deadline);
  put_hosted(result, rehosted.hosted);
  if (rehosted.any_failed || rehosted.any_pending) say_rehost_failed(response);
  response.body.emplace_back(json::serialize(result));
  co_return response;
}

Making FalDropIn::making_of(const Visit& visit, const json::object& result, const fal::Target& target) const {
  Making making;
  making.user = visit.customer.user;
  making.provider = provider_.name;
  making.model = target.model;
  making.prediction_id = target.prediction_id;
  making.prompt = prompt_in(target.call == fal::Call::run ? visit.body : json::serialize(result));
  making.raw = providers::keep_raw(result);
  making.is_paid_by_us = visit.customer.spends_ours;
  return making;
}

}  // namespace lightfast::proxy
