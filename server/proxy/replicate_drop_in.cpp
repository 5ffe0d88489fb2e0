#include "server/proxy/replicate_drop_in.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/concurrently.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "server/http/request_target.h"
#include "server/providers/answer.h"
#include "server/providers/replicate_wire.h"
#include "server/proxy/event_rewriting.h"
#include "server/proxy/event_stream.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;
using replicate::Call;
using replicate::Phase;

constexpr std::chrono::seconds longest_hold{60};  // of an answer, since its request came
constexpr std::chrono::seconds shortest_hold{3};  // where the provider has used that up
constexpr std::chrono::seconds list_hold{20};
constexpr std::chrono::seconds webhook_hold{30};
constexpr std::uint64_t webhook_limit = 32 << 20;
constexpr std::chrono::hours stream_lifetime{2};
constexpr std::size_t predictions_at_once = 8;
constexpr std::string_view streams_path = "/lightfast-streams/";
constexpr std::string_view own_webhooks = "/replicate/v1/lightfast-webhooks";

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string prompt_of(const json::object& prediction) {
  const auto* input = prediction.if_contains("input");
  return input != nullptr && input->is_object() ? text_of(input->as_object(), "prompt") : std::string();
}

// A list holds what the provider made for everybody: what a user has already becomes nobody else's by being listed.
// Whoever is not known to work for all users learns of nothing that is another's.
jobs::Reach reach_of(const Customer& customer) {
  const bool is_for_all = !customer.is_bound && !customer.key_name.empty();
  return is_for_all ? jobs::Reach::all_users : jobs::Reach::own;
}

// An output that comes as an event: a URL, or a piece of text, which is left as it is.
class OutputEvents final : public EventRewriter {
 public:
  OutputEvents(DropIn& common, Making making) : common_(common), making_(std::move(making)) {}

  Task<std::string> rewrite(std::string event) override {
    std::string url = event_data(event);
    if (event_type(event) != "output" || !may_be_image(url)) co_return event;
    std::vector<std::string> urls{url};
    auto rehosted = co_await common_.rehost().urls(std::move(urls), making_, OutputAge::fresh,
                                                   common_.clock().steady_now() + longest_hold);
    const auto found = rehosted.hosted.find(url);
    co_return found == rehosted.hosted.end() ? event : with_data(event, found->second.url);
  }

 private:
  DropIn& common_;
  const Making making_;
};

}  // namespace

ReplicateDropIn::ReplicateDropIn(DropIn& common, ProviderSettings provider, const images::ImageUrls& urls,
                                 const images::UrlSigner& links, CallerWebhooks& webhooks)
    : common_(common), provider_(std::move(provider)), urls_(urls), links_(links), webhooks_(webhooks) {}

Task<http::Response> ReplicateDropIn::handle(http::Request& request) {
  const std::string_view target = request.rest;
  const Call call = replicate::call_of(request.method_text, target.substr(0, target.find('?')));
  if (call == Call::stream || call == Call::webhook) {
    Result<http::Response> answered = Error{Errc::internal, "not answered"};
    if (call == Call::stream) answered = co_await stream(request);
    if (call == Call::webhook) answered = co_await take_webhook(request);
    co_return answered ? std::move(*answered) : refusal(answered.error(), provider_.shape);
  }
  const DropIn::Answer answer_it = [this](Visit& visit) { return answer(visit); };
  auto response = co_await common_.serve(request, provider_, answer_it);
  co_return response;
}

Task<Result<http::Response>> ReplicateDropIn::answer(Visit& visit) {
  const Call call = replicate::call_of(visit.method, visit.path());
  const bool is_own = replicate::is_for_one_user(call, visit.method, visit.path());
  if (auto reach = require_reach(visit.customer, is_own); !reach) co_return reach.error();
  switch (call) {
    case Call::create: co_return co_await create(visit);
    case Call::prediction: co_return co_await prediction(visit);
    case Call::list: co_return co_await list(visit);
    case Call::secret: co_return co_await tell_secret(visit);
    default: co_return co_await pass(visit);
  }
}

Task<Result<http::Response>> ReplicateDropIn::pass(const Visit& visit) {
  auto answer = co_await common_.send(visit, provider_, !visit.reads());
  if (!answer) co_return answer.error();
  co_return co_await common_.pass_on(std::move(*answer));
}

Task<Result<http::Response>> ReplicateDropIn::create(Visit& visit) {
  auto admitted = co_await common_.rehost().admit(visit.customer.user);
  if (!admitted) co_return admitted.error();
  if (common_.rehost().is_enabled()) {
    auto replaced = co_await replace_webhook(visit);
    if (!replaced) co_return replaced.error();
  }
  auto answer = co_await common_.send(visit, provider_, true);
  if (!answer) co_return answer.error();
  const auto prefer = find_header(visit.fields, "Prefer").value_or("");
  const Phase phase = replicate::waits(prefer) ? Phase::waited : Phase::asked;
  co_return co_await change_answer(visit, std::move(*answer), phase);
}

// The provider would post its own URLs to the caller.
Task<Result<void>> ReplicateDropIn::replace_webhook(Visit& visit) {
  if (visit.body.size() > DropIn::parse_limit) co_return Result<void>();
  auto body = co_await common_.parse(visit.body);
  if (!body && body.error().code == Errc::overloaded) co_return body.error();
  if (!body) co_return Result<void>();
  auto* webhook = body->as_object().if_contains("webhook");
  if (webhook == nullptr || !webhook->is_string()) co_return Result<void>();
  const auto address = webhooks_.take_over(own_webhooks, webhook->as_string(), visit.customer);
  if (!address) co_return Result<void>();
  *webhook = *address;
  visit.body = json::serialize(*body);
  co_return Result<void>();
}

Task<Result<http::Response>> ReplicateDropIn::prediction(const Visit& visit) {
  auto answer = co_await common_.send(visit, provider_, false);
  if (!answer) co_return answer.error();
  co_return co_await change_answer(visit, std::move(*answer), Phase::asked);
}

Task<Result<http::Response>> ReplicateDropIn::change_answer(const Visit& visit, HttpStream answer, Phase phase) {
  auto opened = co_await common_.edit(std::move(answer));
  if (!opened) co_return opened.error();
  DropIn::Editable editable = std::move(*opened);
  if (!editable.body) co_return std::move(editable.response);
  json::object& prediction = editable.body->as_object();
  http::Headers& headers = editable.response.headers;
  const SteadyTime deadline = std::max(visit.began + longest_hold, common_.clock().steady_now() + shortest_hold);
  const auto settled = co_await settle(prediction, visit.customer, phase, OutputAge::fresh, deadline);
  if (settled.any_failed) say_rehost_failed(editable.response);
  move_links(prediction);
  sign_events(prediction, visit.customer);
  const auto own = urls_.own_url(path);
  if (const auto* location = headers.find("Location"); location != nullptr && own) {
    headers.set("Location", moved_url(*location, provider_.base_url, *own));
  }
  co_return co_await common_.finish(std::move(editable));
}

Task<ReplicateDropIn::Settled> ReplicateDropIn::settle(json::object& prediction, Customer customer, Phase phase,
                                                       OutputAge age, SteadyTime deadline) {
  Settled settled;
  if (common_.rehost().is_enabled()) {
    auto urls = replicate::final_urls(prediction, phase);
    Making making = making_of(prediction, customer);
    if (age == OutputAge::settled) making.reach = reach_of(customer);
    auto rehosted = co_await common_.rehost().urls(std::move(urls), std::move(making), age, deadline);
    settled.any_failed = rehosted.any_failed;
    if (rehosted.any_pending && age == OutputAge::fresh) {
      replicate::tell_unfinished(prediction, phase);
      settled.is_unfinished = true;
    } else if (auto* output = prediction.if_contains("output")) {
      put_hosted(*output, rehosted.hosted);
      settled.any_failed |= rehosted.any_pending;
    }
    replicate::tidy(prediction, phase);
  }
  co_return settled;
}

Making ReplicateDropIn::making_of(const json::object& prediction, const Customer& customer) const {
  Making making;
  making.user = customer.user;
  making.provider = provider_.name;
  making.model = text_of(prediction, "model");
  making.prediction_id = text_of(prediction, "id");
  making.prompt = prompt_of(prediction);
  making.raw = providers::keep_raw(prediction);
  if (auto told = providers::replicate::read_prediction(making.raw)) making.details = std::move(told->details);
  making.is_paid_by_us = customer.spends_ours;
  return making;
}

void ReplicateDropIn::move_links(json::object& answer) const {
  const auto own = urls_.own_url(path);
  if (!own) return;
  replicate::move_links(answer, provider_.base_url, *own);
  auto* webhook = answer.if_contains("webhook");
  if (webhook == nullptr || !webhook->is_string()) return;
  if (const auto callers = webhooks_.taken_over(own_webhooks, webhook->as_string())) *webhook = *callers;
}

// Only of what the provider itself answered: whoever follows the link makes this server call what it leads to.
void ReplicateDropIn::sign_events(json::object& prediction, const Customer& customer) const {
  const auto own = urls_.own_url(path);
  auto* links = prediction.if_contains("urls");
  if (!own || links == nullptr || !links->is_object() || !common_.rehost().is_enabled()) return;
  const std::string events = text_of(links->as_object(), "stream");
  if (!parse_http_url(events)) return;
  const std::string target = std::string(path) + std::string(streams_path) + to_base64url(events) +
                             "?user=" + percent_encode(customer.user.str());
  const auto signed_target = links_.sign(target, common_.clock().now() + stream_lifetime);
  links->as_object()["stream"] = *own + signed_target.substr(std::string_view(path).size());
}

Task<Result<http::Response>> ReplicateDropIn::list(const Visit& visit) {
  auto answer = co_await common_.send(visit, provider_, false);
  if (!answer) co_return answer.error();
  auto opened = co_await common_.edit(std::move(*answer));
  if (!opened) co_return opened.error();
  DropIn::Editable editable = std::move(*opened);
  if (!editable.body) co_return std::move(editable.response);
  const bool any_failed = co_await change_list(visit, editable.body->as_object());
  if (any_failed) say_rehost_failed(editable.response);
  co_return co_await common_.finish(std::move(editable));
}

// Outputs that were hosted before are there at once, others are as long as they live. True: some could not be hosted.
Task<bool> ReplicateDropIn::change_list(const Visit& visit, json::object& page) {
  std::vector<json::object*> predictions;
  if (auto* results = page.if_contains("results"); results != nullptr && results->is_array()) {
    for (auto& each : results->as_array()) {
      if (each.is_object()) predictions.push_back(&each.as_object());
    }
  }
  bool any_failed = false;
  const SteadyTime deadline = common_.clock().steady_now() + list_hold;
  co_await concurrently(predictions.size(), predictions_at_once, [&](std::size_t i) -> Task<void> {
    const auto settled = co_await settle(*predictions[i], visit.customer, Phase::asked, OutputAge::settled, deadline);
    any_failed |= settled.any_failed;
    move_links(*predictions[i]);
    sign_events(*predictions[i], visit.customer);
  });
  move_links(page);
  co_return any_failed;
}

// SDKs follow this link without a key: that this server made it, and for whom, its signature says.
Task<Result<http::Response>> ReplicateDropIn::stream(http::Request& request) {
  const auto target = http::path_and_query(request.target).value_or("");
  auto valid = links_.verify(target, common_.clock().now());
  if (!valid) co_return valid.error();
  const std::string_view token = std::string_view(request.segments.back());
  auto url = from_base64(token);
  const std::string* named = request.query.find("user");
  auto user = UserId::parse(named != nullptr ? *named : std::string());
  if (!url || !user) co_return Error{Errc::signature_invalid, "this link was not made by this server"};
  HttpHeaders fields{{"Accept-Encoding", "identity"}};
  for (const char* name : {"Accept", "Last-Event-ID"}) {
    if (const std::string* value = request.headers.find(name)) fields.emplace_back(name, *value);
  }
  auto answer = co_await common_.follow(std::move(*url), std::move(fields), provider_);
  if (!answer) co_return answer.error();
  if (!DropIn::is_event_stream(*answer)) {
    const std::string status = std::to_string(answer->status());
    co_return Error{Errc::provider_failed, "the provider gave no events there: it answered " + status};
  }
  http::Response response = DropIn::head_of(*answer);
  Making making;
  making.user = *user;
  making.provider = provider_.name;
  auto rewriter = std::make_shared<OutputEvents>(common_, std::move(making));
  response.stream =
      co_await rewrite_events(std::move(*answer), std::move(rewriter), Reading::while_wanted, common_.answer_memory());
  co_return response;
}

// What the provider posts to an address of replace_webhook's. What is not hosted in time, or cannot be read, goes on as
// it came: an end is told once.
Task<Result<http::Response>> ReplicateDropIn::take_webhook(http::Request& request) {
  auto order = webhooks_.read(request);
  if (!order) co_return order.error();
  auto body = co_await http::read_all(*request.body, webhook_limit);
  if (!body) co_return body.error();
  const std::string* id = request.headers.find("webhook-id");
  auto value = co_await common_.parse(*body);
  if (!value && value.error().code == Errc::overloaded) co_return value.error();
  if (!value) {
    std::string unread_message = id != nullptr ? *id : "msg_" + sha256(*body).hex();
    co_return co_await send_on(std::move(*order), std::move(unread_message), std::move(*body));
  }
  json::object prediction = value->as_object();
  const SteadyTime deadline = common_.clock().steady_now() + webhook_hold;
  const auto settled = co_await settle(prediction, order->customer, Phase::asked, OutputAge::fresh, deadline);
  if (settled.is_unfinished) prediction = value->as_object();
  move_links(prediction);
  std::string message = id != nullptr ? *id : "msg_" + text_of(prediction, "id");
  std::string told = json::serialize(prediction);
  co_return co_await send_on(std::move(*order), std::move(message), std::move(told));
}

Task<Result<http::Response>> ReplicateDropIn::send_on(WebhookOrder order, std::string message, std::string body) {
  auto sent = co_await webhooks_.send_on(std::move(order), provider_.name, std::move(message), std::move(body));
  if (!sent) co_return sent.error();
  co_return http::json_response(200, "{}");
}

// Of those who sign: where a caller's webhook stays the caller's, Replicate itself does, for all of its account.
Task<Result<http::Response>> ReplicateDropIn::tell_secret(const Visit& visit) {
  const bool is_signed_here = common_.rehost().is_enabled() && webhooks_.are_taken_over();
  if (!is_signed_here) {
    if (auto reach = require_reach(visit.customer, false); !reach) co_return reach.error();
    co_return co_await pass(visit);
  }
  if (visit.customer.key_name.empty()) {
    co_return Error{Errc::unauthorized, "webhooks are signed for the holders of a Lightfast key"};
  }
  const json::object body{{"key", webhooks_.secret_of(visit.customer.user)}};
  auto response = http::json_response(200, json::serialize(body));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace lightfast::proxy
