#include "server/proxy/fal_drop_in.h"

#include <boost/json.hpp>

#include "base/digest.h"
#include "server/http/http_text.h"
#include "server/providers/answer.h"
#include "server/providers/fal_wire.h"
#include "server/proxy/event_rewriting.h"
#include "server/proxy/event_stream.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds webhook_hold{10};   // fal waits 15 s for an answer, then posts again
constexpr std::string_view streaming = "/stream";  // behind a model's name: the same model, answering with events
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

// fal's SDK sends again what is answered with 502 or 504, though it may have been acted on and paid for. fal's own
// answers stay.
void keep_from_sending_again(http::Response& response) {
  const bool is_sent_again = response.status == 502 || response.status == 504;
  if (is_sent_again && response.headers.find(error_header) != nullptr) response.status = 500;
}

std::string prompt_of(const json::object& object) {
  const auto* prompt = object.if_contains("prompt");
  return prompt != nullptr && prompt->is_string() ? std::string(prompt->as_string()) : std::string();
}

}  // namespace

// Of a model that streams: each event is a result as far as it has come.
class FalDropIn::ResultEvents final : public EventRewriter {
 public:
  ResultEvents(DropIn& common, Making making) : common_(common), making_(std::move(making)) {}

  Task<std::string> rewrite(std::string event) override {
    const std::string data = event_data(event);
    auto result = co_await common_.parse(data);
    if (!result) co_return event;
    const auto rehosted = co_await host(common_, *result, making_, common_.clock().steady_now() + DropIn::longest_hold);
    if (rehosted.hosted.empty()) co_return event;
    const std::string changed = co_await common_.serialize(*result);
    co_return with_data(event, changed);
  }

 private:
  DropIn& common_;
  const Making making_;
};

FalDropIn::FalDropIn(DropIn& common, providers::FalApi api, CallerWebhooks& webhooks)
    : common_(common), api_(std::move(api)), provider_(settings_of(api_)), webhooks_(webhooks) {}

Task<http::Response> FalDropIn::handle(http::Request& request) {
  const std::string wanted = request.headers.combined(target_field);
  const DropIn::Answer answer_it = [this, &wanted](Visit& visit) { return answer(visit, wanted); };
  auto response = co_await common_.serve(request, provider_, answer_it);
  if (request.method == http::Method::post) keep_from_sending_again(response);
  co_return response;
}

Task<Result<http::Response>> FalDropIn::answer(Visit& visit, const std::string& wanted) {
  auto target = fal::read_target(visit.method, wanted, api_);
  if (!target) co_return target.error();
  if (auto reach = require_reach(visit.customer, target->is_for_one_user); !reach) co_return reach.error();
  const bool is_paid = target->call == fal::Call::run || target->call == fal::Call::submit;
  if (is_paid) {
    auto admitted = co_await common_.rehost().admit(visit.customer.user);
    if (!admitted) co_return admitted.error();
  }
  ProviderSettings there = provider_;
  there.base_url = target->base_url;
  visit.target = target->path;
  if (target->call == fal::Call::submit && common_.rehost().is_enabled()) {
    // fal would post its own URLs to the caller.
    visit.target = fal::with_webhook(
        visit.target, [&](std::string_view url) { return webhooks_.take_over(webhooks_path, url, visit.customer); });
  }
  visit.fields = fields_for_fal(visit.fields);
  auto answer = co_await common_.send(visit, there, is_paid);
  if (!answer) co_return answer.error();
  const bool has_images = target->call == fal::Call::run || target->call == fal::Call::result;
  if (!has_images || !common_.rehost().is_enabled()) co_return co_await common_.pass_on(std::move(*answer));
  if (const auto id = find_header(answer->headers(), request_id_field)) target->prediction_id = *id;
  Making making = co_await making_of(visit, *target);
  if (DropIn::is_event_stream(*answer)) co_return co_await change_events(std::move(*answer), std::move(making));
  co_return co_await change_result(visit, std::move(*answer), std::move(making));
}

Task<Making> FalDropIn::making_of(const Visit& visit, const fal::Target& target) {
  Making making;
  making.user = visit.customer.user;
  making.provider = provider_.name;
  making.model = target.model;
  making.prediction_id = target.prediction_id;
  making.is_paid_by_us = visit.customer.spends_ours;
  if (target.call == fal::Call::run && visit.body.size() <= DropIn::parse_limit) {
    const auto asked = co_await common_.parse(visit.body);
    if (asked) making.prompt = prompt_of(asked->as_object());
  }
  co_return making;
}

Task<http::Response> FalDropIn::change_events(HttpStream answer, Making making) {
  http::Response response = DropIn::head_of(answer);
  if (making.model.ends_with(streaming)) making.model.resize(making.model.size() - streaming.size());
  auto rewriter = std::make_shared<ResultEvents>(common_, std::move(making));
  response.stream =
      co_await rewrite_events(std::move(answer), std::move(rewriter), Reading::to_the_end, common_.answer_memory());
  co_return response;
}

Task<Result<http::Response>> FalDropIn::change_result(const Visit& visit, HttpStream answer, Making making) {
  auto opened = co_await common_.edit(std::move(answer));
  if (!opened) co_return opened.error();
  DropIn::Editable editable = std::move(*opened);
  if (!editable.body) co_return std::move(editable.response);
  const SteadyTime deadline = end_of_hold(common_.clock().steady_now(), visit.deadline);
  const auto rehosted = co_await host(common_, *editable.body, std::move(making), deadline);
  if (rehosted.any_failed || rehosted.any_pending) say_rehost_failed(editable.response);
  co_return co_await common_.finish(std::move(editable));
}

Task<Rehosted> FalDropIn::host(DropIn& common, json::value& result, Making making, SteadyTime deadline) {
  auto urls = image_urls_in(result);
  if (urls.empty()) co_return Rehosted{};
  if (making.prompt.empty()) making.prompt = prompt_of(result.as_object());
  making.raw = providers::keep_raw(result);
  making.details = providers::fal::details_of(result.as_object());
  auto rehosted = co_await common.rehost().urls(std::move(urls), std::move(making), OutputAge::fresh, deadline);
  put_hosted(result, rehosted.hosted);
  co_return rehosted;
}

// The output stands in `payload`. What is not hosted in time, or cannot be read, goes on as it came: an end is told
// once.
Task<Result<http::Response>> FalDropIn::take_webhook(http::Request& request) {
  auto order = webhooks_.read(request);
  if (!order) co_return order.error();
  auto body = co_await http::read_all(*request.body, webhook_limit);
  if (!body) co_return body.error();
  auto value = co_await common_.parse(*body);
  if (!value && value.error().code == Errc::overloaded) co_return value.error();
  if (!value) {
    std::string unread_message = "msg_" + sha256(*body).hex();
    co_return co_await send_on(std::move(*order), std::move(unread_message), std::move(*body));
  }
  json::object& end = value->as_object();
  const auto* id = end.if_contains("request_id");
  const std::string request_id = id != nullptr && id->is_string() ? std::string(id->as_string()) : std::string();
  if (auto* payload = end.if_contains("payload"); payload != nullptr && payload->is_object()) {
    Making making;
    making.user = order->customer.user;
    making.provider = provider_.name;
    making.prediction_id = request_id;
    making.is_paid_by_us = order->customer.spends_ours;
    co_await host(common_, *payload, std::move(making), common_.clock().steady_now() + webhook_hold);
  }
  std::string message = "msg_" + request_id;
  std::string told = co_await common_.serialize(*value);
  co_return co_await send_on(std::move(*order), std::move(message), std::move(told));
}

Task<Result<http::Response>> FalDropIn::send_on(WebhookOrder order, std::string message, std::string body) {
  auto sent = co_await webhooks_.send_on(std::move(order), provider_.name, std::move(message), std::move(body));
  if (!sent) co_return sent.error();
  co_return http::json_response(200, "{}");
}

}  // namespace lightfast::proxy
