#include "tests/support/fake_openai.h"

#include <boost/json/serialize.hpp>

#include "base/encoding.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

constexpr const char* request_id = "x-request-id: req_fake1\r\nopenai-processing-ms: 1500\r\n";

std::string text_in(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member && member->is_string() ? std::string(member->get_string()) : std::string();
}

std::string error_body(const std::string& message, const std::string& code) {
  return json::serialize(json::value{
      {"error", {{"message", message}, {"type", "invalid_request_error"}, {"param", nullptr}, {"code", code}}}});
}

ServedAnswer problem(int status, const std::string& message, const std::string& code) {
  return answer(status, error_body(message, code), "Content-Type: application/json\r\n");
}

// The value of a plain field of a form.
std::string field_in(const std::string& form, const std::string& name) {
  const std::string head = "name=\"" + name + "\"\r\n\r\n";
  const auto at = form.find(head);
  if (at == std::string::npos) return {};
  const auto begin = at + head.size();
  return form.substr(begin, form.find("\r\n", begin) - begin);
}

}  // namespace

Fault openai_problem(int status, const std::string& message, const std::string& code) {
  return {.status = status, .body = error_body(message, code)};
}

FakeOpenAi::FakeOpenAi(std::string key)
    : FakeProvider({"Bearer " + key, error_body("Incorrect API key provided", "invalid_api_key"),
                    [](const ServedRequest& request) { return request.method == "POST"; },
                    [this](const ServedRequest& request) { return answer_to(request); }}),
      key_(std::move(key)) {}

json::object FakeOpenAi::picture(const std::string& model, const std::string& format) {
  if (!model.starts_with("dall-e") || format == "b64_json") return {{"b64_json", to_base64(next_png())}};
  const std::string signature =
      "st=2026-11-28T09:00:00Z&se=2099-01-01T00:00:00Z&sp=r&sr=b&rsct=image/png&sig=a%2Bb/c%3D";
  return {{"url", host({.bytes = next_png()}, "img-1.png?" + signature)}, {"revised_prompt", "A cat, revised"}};
}

ServedAnswer FakeOpenAi::answer_to(const ServedRequest& request) {
  const std::string path = path_of(request);
  if (path == "/v1/models") return json_answer(200, {{"object", "list"}, {"data", json::array()}});
  const bool is_edit = path == "/v1/images/edits";
  if (!is_edit && path != "/v1/images/generations") return problem(404, "Unknown request URL", "unknown_url");
  const bool is_form = header_of(request, "content-type").starts_with("multipart/form-data");
  const json::object body = body_of(request);
  const auto given = [&](const char* name) { return is_form ? field_in(request.body, name) : text_in(body, name); };
  const std::string model = given("model").empty() ? "dall-e-2" : given("model"), format = given("response_format");
  if (given("prompt").empty()) return problem(400, "Missing required parameter: 'prompt'.", "missing_parameter");
  if (!model.starts_with("dall-e") && !format.empty()) {
    return problem(400, "Unknown parameter: 'response_format'.", "unknown_parameter");
  }
  const bool has_image = is_form ? request.body.find("name=\"image") != std::string::npos : body.contains("images");
  if (is_edit && !has_image) return problem(400, "Missing required parameter: 'image'.", "missing_parameter");
  json::array data;
  const json::value* n = body.if_contains("n");
  for (std::int64_t i = 0; i < (n ? n->to_number<std::int64_t>() : 1); ++i) data.push_back(picture(model, format));
  json::object made{{"created", 1713833628}, {"data", std::move(data)}};
  if (!model.starts_with("dall-e")) {
    made["usage"] = {{"total_tokens", 100}, {"input_tokens", 50}, {"output_tokens", 50}};
  }
  return json_answer(200, made, request_id);
}

}  // namespace lightfast::test
