#include "server/proxy/drop_in.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "server/http/error_response.h"
#include "server/http/http_text.h"
#include "server/http/response_head.h"
#include "server/proxy/forwarded_headers.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

constexpr std::uint64_t memory_for_bodies = 512ull << 20;
constexpr std::chrono::seconds shortest_hold{3};
constexpr std::uint64_t short_answer = 1 << 20;
constexpr std::uint64_t longest_read = 256 << 20;  // of an answer that is to be changed
constexpr std::uint64_t memory_for_answers = AnswerMemory::copies * longest_read;

// The rest of an answer, as it comes.
class PassedOn final : public http::BodyStream {
 public:
  PassedOn(HttpStream answer, AnswerMemory memory) : answer_(std::move(answer)), memory_(std::move(memory)) {}
  Task<Result<std::string>> next() override {
    auto piece = co_await answer_.next();
    co_return piece;
  }

 private:
  HttpStream answer_;
  AnswerMemory memory_;  // of what was read before
};

// A whole answer that holds memory until it is sent.
class HeldText final : public http::BodyStream {
 public:
  HeldText(std::string text, AnswerMemory memory) : text_(std::move(text)), memory_(std::move(memory)) {}
  Task<Result<std::string>> next() override { co_return std::exchange(text_, {}); }

 private:
  std::string text_;
  AnswerMemory memory_;
};

std::string_view content_type(const HttpStream& answer) {
  const auto type = find_header(answer.headers(), "Content-Type").value_or("");
  return http::trim(type.substr(0, type.find(';')));
}

bool is_encoded(const HttpStream& answer) {
  const auto encoding = find_header(answer.headers(), "Content-Encoding");
  return encoding && !encoding->empty() && !http::same_name(*encoding, "identity");
}

std::optional<std::uint64_t> content_length(const HttpStream& answer) {
  const auto text = find_header(answer.headers(), "Content-Length");
  std::uint64_t length = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), length).ec != std::errc()) return {};
  return length;
}

// Of a body and of what is read out of it.
std::uint64_t memory_for(std::uint64_t body) {
  constexpr std::uint64_t small_body = 8 << 20;
  return body <= small_body ? body : std::max(body, 4 * std::min(body, DropIn::parse_limit));
}

Error not_configured(const ProviderSettings& provider) {
  return {Errc::not_configured, provider.name + " is not configured on this server: " + provider.variable +
                                    " is not set; or bring credentials of your own, and the Lightfast key as "
                                    "X-Lightfast-Key"};
}

bool is_readable_json(const HttpStream& answer) {
  const auto type = content_type(answer);
  return answer.status() / 100 == 2 && !is_encoded(answer) &&
         (http::same_name(type, "application/json") || type.ends_with("+json"));
}

// What came of an answer; where that is more than is read or may be held, the rest is left in the stream.
struct Collected {
  std::string text;
  bool is_whole = true;
};

Task<Result<Collected>> collect(HttpStream& answer, AnswerMemory& memory) {
  Collected collected;
  const auto length = content_length(answer).value_or(0);
  collected.is_whole = length <= longest_read && memory.covers(length);
  if (collected.is_whole) collected.text.reserve(length);
  while (collected.is_whole) {
    auto piece = co_await answer.next();
    if (!piece) co_return Error{Errc::provider_failed, "the provider's answer broke off: " + piece.error().detail};
    if (piece->empty()) co_return collected;
    collected.text += *piece;
    collected.is_whole = collected.text.size() <= longest_read && memory.covers(collected.text.size());
  }
  co_return collected;
}

http::Response unchanged(HttpStream answer, std::string begun, AnswerMemory memory) {
  http::Response response = DropIn::head_of(answer);
  response.body.emplace_back(std::move(begun));
  response.stream = std::make_shared<PassedOn>(std::move(answer), std::move(memory));
  return response;
}

}  // namespace

DropIn::DropIn(Parts parts)
    : parts_(parts), memory_(memory_for_bodies), answers_(std::make_shared<MemoryBudget>(memory_for_answers)) {}

Task<http::Response> DropIn::serve(http::Request& request, const ProviderSettings& provider, const Answer& answer) {
  auto customer = parts_.guard.identify(request);
  const bool is_known = customer.has_value();
  if (is_known) request.caller = customer->key_name;
  const guard::Taken taken = is_known ? take_token(request, *customer) : take_token(request, Customer{});
  if (!taken.is_allowed) co_return refuse_rate(taken, provider.shape);
  if (!is_known) co_return refusal(customer.error(), provider.shape);
  const bool has_credentials = !customer->spends_ours || !provider.authorization.empty();
  if (!has_credentials) co_return refusal(not_configured(provider), provider.shape);
  auto visit = co_await receive(request, std::move(*customer));
  if (!visit) co_return refusal(visit.error(), provider.shape);
  auto response = co_await answer(*visit);
  http::Response sent = response ? std::move(*response) : refusal(response.error(), provider.shape);
  if (parts_.writing.is_on() && !visit->reads()) guard::RateLimiter::describe(taken, sent.headers);
  co_return sent;
}

// Reading is not counted: SDKs ask twice a second how a generation stands.
guard::Taken DropIn::take_token(const http::Request& request, const Customer& customer) {
  const bool reads =
      request.method == http::Method::get || request.method == http::Method::head || request.method_text == "QUERY";
  if (reads) return {};
  const auto subject =
      customer.subject ? guard::Subject::of(*customer.subject) : guard::Subject::of(request.client_address);
  return parts_.writing.take(subject);
}

http::Response DropIn::refuse_rate(const guard::Taken& taken, ErrorShape shape) {
  http::Response response = parts_.writing.refuse(taken);
  const Error error{Errc::rate_limited, "too many requests; Retry-After says when to try again"};
  response.headers.set("Content-Type", "application/json");
  response.headers.set(error_header, to_string(error.code));
  response.body.clear();
  response.body.emplace_back(shape(error));
  return response;
}

Task<Result<Visit>> DropIn::receive(http::Request& request, Customer customer) {
  Visit visit;
  visit.began = parts_.clock.steady_now();
  visit.customer = std::move(customer);
  visit.method = request.method_text;
  visit.target = request.rest;
  visit.fields = fields_for_provider(request.headers);
  const auto length = request.body->content_length();
  if (length != 0) {
    auto memory = memory_.take(memory_for(std::min(body_limit, length.value_or(body_limit))));
    if (!memory) co_return memory.error();
    visit.memory.emplace(std::move(*memory));
    auto body = co_await http::read_all(*request.body, body_limit);
    if (!body) co_return body.error();
    visit.body = std::move(*body);
  }
  visit.deadline = parts_.caller.deadline(parts_.clock.steady_now());  // callers wait from the end of their body on
  co_return visit;
}

Task<Result<HttpStream>> DropIn::send(const Visit& visit, const ProviderSettings& provider, bool is_paid) {
  ProviderCall wanted{visit.method,  provider.base_url + visit.target, visit.fields, visit.body, is_paid,
                      visit.deadline};
  std::string authorization = visit.customer.authorization;
  if (visit.customer.spends_ours) authorization = provider.authorization;
  if (!authorization.empty()) wanted.headers.emplace_back("Authorization", std::move(authorization));
  auto answer = co_await call(parts_.caller, std::move(wanted), provider);
  co_return std::move(answer);
}

Task<Result<HttpStream>> DropIn::follow(std::string url, HttpHeaders fields, const ProviderSettings& provider) {
  const SteadyTime deadline = parts_.follower.deadline(parts_.clock.steady_now());
  ProviderCall wanted{"GET", std::move(url), std::move(fields), {}, false, deadline};
  auto answer = co_await call(parts_.follower, std::move(wanted), provider);
  co_return std::move(answer);
}

Task<Result<HttpStream>> DropIn::call(ProviderCaller& caller, ProviderCall wanted, const ProviderSettings& provider) {
  const SteadyTime began = parts_.clock.steady_now();
  const std::string method = wanted.method;
  auto answer = co_await caller.call(std::move(wanted));
  const std::string status = answer ? std::to_string(answer->status()) : "none";
  parts_.metrics
      .counter("lightfast_dropin_provider_answers_total",
               "Answers of providers to drop-in requests, by status; `none`: the call failed.",
               {{"provider", provider.name}, {"status", status}})
      .add();
  parts_.metrics
      .histogram("lightfast_dropin_provider_duration_seconds",
                 "Time until a provider's answer to a drop-in request began.", {{"provider", provider.name}})
      .observe(parts_.clock.steady_now() - began);
  if (answer) co_return std::move(*answer);
  Error error = error_of(answer.error());
  parts_.log.warning("a drop-in's call failed",
                     {{"provider", provider.name}, {"method", method}, {"reason", explain(error)}});
  co_return error;
}

Task<Result<json::value>> DropIn::parse(const std::string& text) {
  auto parsed = co_await parts_.workers.run([&]() -> Result<json::value> {
    boost::system::error_code problem;
    json::value value = json::parse(text, problem);
    if (problem || !value.is_object()) return Error{Errc::invalid_request, "this is no JSON object"};
    return value;
  });
  co_return parsed;
}

Task<std::string> DropIn::serialize(const json::value& value) {
  auto text = co_await parts_.workers.run([&]() -> Result<std::string> { return json::serialize(value); });
  co_return text ? std::move(*text) : json::serialize(value);
}

http::Response DropIn::head_of(const HttpStream& answer) {
  http::Response response;
  response.status = answer.status();
  response.headers = fields_for_caller(answer.headers());
  response.request_id = find_header(answer.headers(), "X-Request-Id").value_or("");
  return response;
}

bool DropIn::is_event_stream(const HttpStream& answer) {
  return answer.status() / 100 == 2 && !is_encoded(answer) &&
         http::same_name(content_type(answer), "text/event-stream");
}

Task<Result<http::Response>> DropIn::pass_on(HttpStream answer) {
  const auto length = content_length(answer);
  const bool is_short = answer.status() / 100 != 2 || (length && *length <= short_answer);
  AnswerMemory memory = answer_memory();
  if (!is_short || !http::allows_body(answer.status())) {
    co_return unchanged(std::move(answer), {}, std::move(memory));
  }
  auto collected = co_await collect(answer, memory);
  if (!collected) co_return collected.error();
  if (!collected->is_whole) co_return unchanged(std::move(answer), std::move(collected->text), std::move(memory));
  const bool is_of_head = collected->text.empty() && length.value_or(0) > 0;  // no length is better than a wrong one
  if (is_of_head) co_return unchanged(std::move(answer), {}, std::move(memory));
  http::Response response = head_of(answer);
  response.body.emplace_back(std::move(collected->text));
  co_return response;
}

Task<Result<DropIn::Editable>> DropIn::edit(HttpStream answer) {
  Editable editable{{}, {}, answer_memory()};
  if (!is_readable_json(answer)) {
    auto passed = co_await pass_on(std::move(answer));
    if (!passed) co_return passed.error();
    editable.response = std::move(*passed);
    co_return editable;
  }
  auto collected = co_await collect(answer, editable.memory);
  if (!collected) co_return collected.error();
  if (!collected->is_whole) {
    editable.response = unchanged(std::move(answer), std::move(collected->text), std::move(editable.memory));
    say_rehost_failed(editable.response);
    co_return editable;
  }
  editable.response = head_of(answer);
  auto body = co_await parse(collected->text);
  if (body) {
    editable.body = std::move(*body);
  } else {
    if (body.error().code == Errc::overloaded) say_rehost_failed(editable.response);
    editable.response.body.emplace_back(std::move(collected->text));
  }
  co_return editable;
}

Task<http::Response> DropIn::finish(Editable edited) {
  auto text = co_await serialize(*edited.body);
  edited.body.reset();
  if (edited.memory.is_counted()) {
    edited.response.stream = std::make_shared<HeldText>(std::move(text), std::move(edited.memory));
  } else {
    edited.response.body.emplace_back(std::move(text));
  }
  co_return std::move(edited.response);
}

SteadyTime end_of_hold(SteadyTime now, SteadyTime deadline) {
  return std::min(now + DropIn::longest_hold, std::max(deadline, now + shortest_hold));
}

void say_rehost_failed(http::Response& response) {
  response.headers.set("X-Lightfast-Rehost", "failed");
}

}  // namespace lightfast::proxy
