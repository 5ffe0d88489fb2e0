#include "server/proxy/openai_drop_in.h"

#include <boost/json.hpp>

#include "base/concurrently.h"
#include "server/providers/answer.h"
#include "server/providers/openai_wire.h"
#include "server/proxy/event_rewriting.h"
#include "server/proxy/event_stream.h"

namespace lightfast::proxy {
namespace {

namespace json = boost::json;

constexpr std::size_t images_at_once = 4;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::vector<json::object*> images_in(json::value& answer) {
  std::vector<json::object*> images;
  auto* data = answer.as_object().if_contains("data");
  if (data == nullptr || !data->is_array()) return images;
  for (auto& each : data->as_array()) {
    if (each.is_object()) images.push_back(&each.as_object());
  }
  return images;
}

}  // namespace

// Of a stream of partial images and the whole ones.
class OpenAiDropIn::ImageEvents final : public EventRewriter {
 public:
  ImageEvents(DropIn& common, Making making, bool wants_url)
      : common_(common), making_(std::move(making)), wants_url_(wants_url) {}

  Task<std::string> rewrite(std::string event) override {
    if (!event_type(event).ends_with(".completed")) co_return event;
    const std::string data = event_data(event);
    auto value = co_await common_.parse(data);
    if (!value) co_return event;
    const SteadyTime deadline = common_.clock().steady_now() + DropIn::longest_hold;
    const bool hosted = co_await host(common_, value->as_object(), making_, wants_url_, deadline);
    if (!hosted) co_return event;
    const std::string changed = co_await common_.serialize(*value);
    co_return with_data(event, changed);
  }

 private:
  DropIn& common_;
  const Making making_;
  const bool wants_url_;
};

Task<http::Response> OpenAiDropIn::handle(http::Request& request) {
  const DropIn::Answer answer_it = [this](Visit& visit) { return answer(visit); };
  auto response = co_await common_.serve(request, provider_, answer_it);
  // What failed here may have been paid for: the SDK must not send it again by itself.
  const bool is_ours = response.headers.find(error_header) != nullptr;
  const bool may_be_paid = response.status == 502 || response.status == 504;
  if (is_ours && may_be_paid && request.method == http::Method::post) response.headers.set("x-should-retry", "false");
  co_return response;
}

Task<Result<http::Response>> OpenAiDropIn::answer(Visit& visit) {
  const bool is_own = openai::is_for_one_user(visit.method, visit.path());
  if (auto reach = require_reach(visit.customer, is_own); !reach) co_return reach.error();
  if (common_.rehost().is_enabled() && openai::makes_images(visit.method, visit.path())) {
    co_return co_await make_images(visit);
  }
  auto answer = co_await common_.send(visit, provider_, !visit.reads());
  if (!answer) co_return answer.error();
  co_return co_await common_.pass_on(std::move(*answer));
}

Task<Result<http::Response>> OpenAiDropIn::make_images(Visit& visit) {
  auto admitted = co_await common_.rehost().admit(visit.customer.user);
  if (!admitted) co_return admitted.error();
  const std::string content_type(find_header(visit.fields, "Content-Type").value_or(""));
  auto read = co_await common_.workers().run(
      [&]() -> Result<openai::ImageRequest> { return openai::read_image_request(visit.body, content_type); });
  if (!read) co_return read.error();
  openai::ImageRequest wanted = std::move(*read);
  if (wanted.body) visit.body = std::move(*wanted.body);
  auto answer = co_await common_.send(visit, provider_, true);
  if (!answer) co_return answer.error();
  Making making;
  making.user = visit.customer.user;
  making.provider = provider_.name;
  making.model = wanted.model.empty() ? "dall-e-2" : wanted.model;
  making.prompt = wanted.prompt;
  making.is_paid_by_us = visit.customer.spends_ours;
  if (DropIn::is_event_stream(*answer)) {
    http::Response response = DropIn::head_of(*answer);
    auto rewriter = std::make_shared<ImageEvents>(common_, std::move(making), wanted.wants_url);
    response.stream =
        co_await rewrite_events(std::move(*answer), std::move(rewriter), Reading::to_the_end, common_.answer_memory());
    co_return response;
  }
  co_return co_await change_answer(visit, std::move(*answer), std::move(making), wanted.wants_url);
}

Task<Result<http::Response>> OpenAiDropIn::change_answer(const Visit& visit, HttpStream answer, Making making,
                                                         bool wants_url) {
  auto opened = co_await common_.edit(std::move(answer));
  if (!opened) co_return opened.error();
  DropIn::Editable editable = std::move(*opened);
  if (!editable.body) co_return std::move(editable.response);
  json::value& body = *editable.body;
  auto raw = co_await common_.workers().run([&]() -> Result<std::string> { return providers::keep_raw(body); });
  if (raw) making.raw = std::move(*raw);
  making.details = providers::details_text(providers::openai::details_of(body.as_object()));
  const auto images = images_in(body);
  const SteadyTime deadline = end_of_hold(common_.clock().steady_now(), visit.deadline);
  bool all_hosted = true;
  co_await concurrently(images.size(), images_at_once, [&](std::size_t i) -> Task<void> {
    const bool hosted = co_await host(common_, *images[i], making, wants_url, deadline);
    all_hosted = all_hosted && hosted;
  });
  if (!all_hosted) say_rehost_failed(editable.response);
  co_return co_await common_.finish(std::move(editable));
}

Task<bool> OpenAiDropIn::host(DropIn& common, json::object& image, Making making, bool wants_url, SteadyTime deadline) {
  if (const std::string url = text_of(image, "url"); !url.empty()) {
    std::vector<std::string> urls{url};
    auto rehosted = co_await common.rehost().urls(std::move(urls), std::move(making), OutputAge::fresh, deadline);
    const auto found = rehosted.hosted.find(url);
    if (found != rehosted.hosted.end()) image["url"] = found->second.url;
    co_return found != rehosted.hosted.end() || (!rehosted.any_failed && !rehosted.any_pending);
  }
  std::string base64 = text_of(image, "b64_json");
  if (base64.empty()) co_return true;
  auto hosted = co_await common.rehost().base64(std::move(base64), std::move(making));
  if (!hosted) co_return false;
  image["url"] = hosted->url;
  if (wants_url) image.erase("b64_json");
  co_return true;
}

}  // namespace lightfast::proxy
