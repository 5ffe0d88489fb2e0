#include "tests/support/fake_openai.h"

#include <boost/json.hpp>

#include "base/encoding.h"
#include "tests/support/fixture_images.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

ServedAnswer json_answer(int status, const json::value& body) {
  return answer(status, json::serialize(body),
                "Content-Type: application/json\r\nx-request-id: req_fake\r\nopenai-processing-ms: 12\r\n"
                "Set-Cookie: __cf_bm=1\r\n");
}

ServedAnswer error_answer(int status, const std::string& message, const std::string& code,
                          json::value param = nullptr) {
  return json_answer(
      status,
      {{"error",
        {{"message", message}, {"type", "invalid_request_error"}, {"param", std::move(param)}, {"code", code}}}});
}

// A member of JSON, or a field of a form, as text; empty where it is absent.
std::string field_of(const ServedRequest& request, const std::string& name) {
  boost::system::error_code problem;
  const json::value body = json::parse(request.body, problem);
  if (!problem && body.is_object()) {
    const auto* value = body.as_object().if_contains(name);
    if (value == nullptr) return "";
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
  }
  const std::string mark = "name=\"" + name + "\"\r\n\r\n";
  const auto at = request.body.find(mark);
  if (at == std::string::npos) return "";
  const auto begin = at + mark.size();
  return request.body.substr(begin, request.body.find("\r\n", begin) - begin);
}

std::string event(const std::string& type, json::object data) {
  data["type"] = type;
  return "event: " + type + "\ndata: " + json::serialize(data) + "\n\n";
}

}  // namespace

FakeOpenAi::FakeOpenAi() : bytes_(png(1)), server_([this](const ServedRequest& request) { return handle(request); }) {}

void FakeOpenAi::give(std::string bytes) {
  const std::lock_guard lock(mutex_);
  bytes_ = std::move(bytes);
}

void FakeOpenAi::answer_next(ServedAnswer answer) {
  const std::lock_guard lock(mutex_);
  next_.push_back(std::move(answer));
}

std::vector<ServedRequest> FakeOpenAi::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

ServedAnswer FakeOpenAi::handle(const ServedRequest& request) {
  if (request.target.starts_with("/private/")) return files_.answer(request);
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  const auto authorization = request.headers.find("authorization");
  if (authorization == request.headers.end() || authorization->second != std::string("Bearer ") + key) {
    return error_answer(401, "Incorrect API key provided.", "invalid_api_key");
  }
  if (!next_.empty()) {
    ServedAnswer next = std::move(next_.front());
    next_.pop_front();
    return next;
  }
  if (request.target.starts_with("/v1/images/")) return images(request);
  return error_answer(404, "Unknown request URL.", "unknown_url");
}

ServedAnswer FakeOpenAi::images(const ServedRequest& request) {
  const std::string model = field_of(request, "model");
  const std::string format = field_of(request, "response_format");
  const std::string base64 = to_base64(bytes_);
  json::array data;
  if (model.starts_with("gpt-image")) {
    if (!format.empty()) {
      return error_answer(400, "Unknown parameter: 'response_format'.", "unknown_parameter", "response_format");
    }
    if (field_of(request, "stream") == "true") return stream(base64);
    const std::string wanted = field_of(request, "n");
    for (int n = wanted.empty() ? 1 : std::stoi(wanted); n > 0; --n) data.push_back(json::object{{"b64_json", base64}});
    return json_answer(200, {{"created", 1713833628},
                             {"background", "opaque"},
                             {"output_format", "png"},
                             {"data", std::move(data)},
                             {"usage", {{"total_tokens", 100}}}});
  }
  if (format == "b64_json") {
    data.push_back(json::object{{"b64_json", base64}});
  } else {
    const std::string target =
        "/private/org-1/img-" + std::to_string(++hosted_) + ".png?st=2026&sp=r&rsct=image/png&sig=a%2Bb/c%3D";
    files_.put(target, {.bytes = bytes_});
    data.push_back({{"url", server_.url(target)}, {"revised_prompt", "a revised prompt"}});
  }
  return json_answer(200, {{"created", 1713833628}, {"data", std::move(data)}});
}

ServedAnswer FakeOpenAi::stream(const std::string& base64) const {
  const std::string events =
      event("image_generation.partial_image", {{"b64_json", "QUJD"}, {"partial_image_index", 0}}) +
      event("image_generation.completed", {{"b64_json", base64}, {"usage", {{"total_tokens", 100}}}});
  return {.bytes =
              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n" + events,
          .then = ServedAnswer::Then::close};
}

}  // namespace lightfast::test
