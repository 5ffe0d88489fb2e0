#include "tests/support/fake_openai.h"

#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "tests/support/fixture_images.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

constexpr const char* usual_headers = "x-request-id: req_fake\r\nopenai-processing-ms: 12\r\nSet-Cookie: __cf_bm=1\r\n";

std::string error_body(const std::string& message, const std::string& code, json::value param = nullptr) {
  return json::serialize(json::value{
      {"error",
       {{"message", message}, {"type", "invalid_request_error"}, {"param", std::move(param)}, {"code", code}}}});
}

ServedAnswer problem(int status, const std::string& message, const std::string& code, json::value param = nullptr) {
  return answer(status, error_body(message, code, std::move(param)),
                "Content-Type: application/json\r\n" + std::string(usual_headers));
}

// A member of JSON, or a field of a form, as text; empty where it is absent.
std::string field_of(const ServedRequest& request, const std::string& name) {
  const json::object body = body_of(request);
  if (!body.empty()) {
    const json::value* value = body.if_contains(name);
    if (value == nullptr) return {};
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
  }
  const std::string mark = "name=\"" + name + "\"\r\n\r\n";
  const auto at = request.body.find(mark);
  if (at == std::string::npos) return {};
  const auto begin = at + mark.size();
  return request.body.substr(begin, request.body.find("\r\n", begin) - begin);
}

std::string event(const std::string& type, json::object data) {
  data["type"] = type;
  return "event: " + type + "\ndata: " + json::serialize(data) + "\n\n";
}

}  // namespace

Fault openai_problem(int status, const std::string& message, const std::string& code) {
  return {.status = status, .body = error_body(message, code)};
}

FakeOpenAi::FakeOpenAi()
    : FakeProvider({std::string("Bearer ") + key, error_body("Incorrect API key provided.", "invalid_api_key"),
                    [](const ServedRequest& request) { return request.method == "POST"; },
                    [this](const ServedRequest& request) { return answer_to(request); }}),
      image_(png(1)) {}

void FakeOpenAi::give(std::string bytes) {
  const std::lock_guard lock(mutex_);
  image_ = std::move(bytes);
}

void FakeOpenAi::answer_next(ServedAnswer answer) {
  const std::lock_guard lock(mutex_);
  next_.push_back(std::move(answer));
}

std::string FakeOpenAi::image() const {
  const std::lock_guard lock(mutex_);
  return image_;
}

ServedAnswer FakeOpenAi::answer_to(const ServedRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (!next_.empty()) {
      ServedAnswer next = std::move(next_.front());
      next_.pop_front();
      return next;
    }
  }
  const std::string path = path_of(request);
  if (path == "/v1/models") return json_answer(200, {{"object", "list"}, {"data", json::array()}});
  if (path.starts_with("/v1/images/")) return make(request);
  return problem(404, "Unknown request URL.", "unknown_url");
}

ServedAnswer FakeOpenAi::make(const ServedRequest& request) {
  const std::string named = field_of(request, "model"), model = named.empty() ? "dall-e-2" : named;
  const std::string format = field_of(request, "response_format"), wanted = field_of(request, "n");
  const bool is_base64_only = !model.starts_with("dall-e");
  if (field_of(request, "prompt").empty()) {
    return problem(400, "Missing required parameter: 'prompt'.", "missing_required_parameter", "prompt");
  }
  if (is_base64_only && !format.empty()) {
    return problem(400, "Unknown parameter: 'response_format'.", "unknown_parameter", "response_format");
  }
  if (is_base64_only && field_of(request, "stream") == "true") return stream();
  json::array data;
  for (int n = wanted.empty() ? 1 : std::stoi(wanted); n > 0; --n) data.push_back(picture(model, format));
  json::object made{{"created", 1713833628}, {"data", std::move(data)}};
  if (is_base64_only) {
    made["background"] = "opaque";
    made["output_format"] = "png";
    made["usage"] = {{"total_tokens", 100}, {"input_tokens", 50}, {"output_tokens", 50}};
  }
  return json_answer(200, made, usual_headers);
}

json::object FakeOpenAi::picture(const std::string& model, const std::string& format) {
  if (!model.starts_with("dall-e") || format == "b64_json") return {{"b64_json", to_base64(image())}};
  const std::string signature =
      "st=2026-11-28T09:00:00Z&se=2099-01-01T00:00:00Z&sp=r&sr=b&rsct=image/png&sig=a%2Bb/c%3D";
  return {{"url", host({.bytes = image()}, "img-1.png?" + signature)}, {"revised_prompt", "a revised prompt"}};
}

ServedAnswer FakeOpenAi::stream() {
  const std::string events =
      event("image_generation.partial_image", {{"b64_json", "QUJD"}, {"partial_image_index", 0}}) +
      event("image_generation.completed", {{"b64_json", to_base64(image())}, {"usage", {{"total_tokens", 100}}}});
  return {.bytes =
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n" + events,
          .then = ServedAnswer::Then::close};
}

}  // namespace lightfast::test
