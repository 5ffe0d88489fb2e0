#include "server/providers/openai_wire.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::providers::openai {
namespace {

namespace json = boost::json;

const Api api{"https://api.openai.com/v1", "sk-TEST"};
const Timestamp now = *parse_iso8601("2026-11-28T10:00:00Z");

Result<HttpCall> call_for(const std::string& model, const std::string& input) {
  return create_call(api, {.model = model, .prompt = "cat", .input = input, .deadline = now + std::chrono::minutes(5)},
                     now);
}

HttpResult answer(int status, std::string body, HttpHeaders headers = {}) {
  HttpAnswer out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

TEST_CASE("OpenAI: dall-e is asked for URLs unless the input says otherwise, gpt-image never") {
  const auto body = [](const std::string& model, const std::string& input) {
    return json::parse(call_for(model, input)->body);
  };
  CHECK(body("dall-e-3", R"({"size":"1024x1024"})") ==
        json::parse(R"({"size":"1024x1024","prompt":"cat","model":"dall-e-3","response_format":"url"})"));
  CHECK(body("dall-e-2", R"({"response_format":"b64_json"})").at("response_format") == "b64_json");
  CHECK(body("gpt-image-1", R"({"quality":"high"})") ==
        json::parse(R"({"quality":"high","prompt":"cat","model":"gpt-image-1"})"));
  const auto call = call_for("dall-e-3", "{}");
  CHECK(call->url == "https://api.openai.com/v1/images/generations");
  CHECK(call->connection == HttpConnection::fresh);
  CHECK(call->timeout == std::chrono::minutes(5));
  CHECK(find_header(call->headers, "Authorization") == "Bearer sk-TEST");
}

TEST_CASE("OpenAI: source images make it an edit, as a form where they come as bytes") {
  const auto call = call_for("gpt-image-1", R"({"image":"data:image/png;base64,QUJD","size":"auto","n":2,"user":null,
                                              "mask":"data:image/png;base64,REVG"})");
  REQUIRE(call);
  CHECK(call->url == "https://api.openai.com/v1/images/edits");
  const std::string type(*find_header(call->headers, "Content-Type"));
  REQUIRE(type.starts_with("multipart/form-data; boundary="));
  const std::string boundary = "--" + type.substr(30);
  CHECK(call->body.starts_with(boundary + "\r\n"));
  CHECK(call->body.ends_with(boundary + "--\r\n"));
  const auto has = [&](const std::string& part) { return call->body.find(part) != std::string::npos; };
  CHECK(has("name=\"image\"; filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\nABC\r\n"));
  CHECK(has("name=\"mask\"; filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\nDEF\r\n"));
  CHECK(has("name=\"prompt\"\r\n\r\ncat\r\n"));
  CHECK(has("name=\"n\"\r\n\r\n2\r\n"));
  CHECK(has("name=\"model\"\r\n\r\ngpt-image-1\r\n"));
  CHECK_FALSE(has("user"));
  const auto several = call_for("gpt-image-1", R"({"images":["data:,a","data:,b"]})");
  CHECK(several->body.find("name=\"image[]\"") != several->body.rfind("name=\"image[]\""));
}

TEST_CASE("OpenAI: source images that it fetches itself go as JSON, as given") {
  const auto call = call_for("gpt-image-1", R"({"image":["https://x/a.png?sig=a%2Bb","data:image/png;base64,QUJD"],
                                              "mask":"https://x/m.png"})");
  REQUIRE(call);
  CHECK(call->url == "https://api.openai.com/v1/images/edits");
  CHECK(json::parse(call->body) ==
        json::parse(R"({"prompt":"cat","model":"gpt-image-1","mask":{"image_url":"https://x/m.png"},
          "images":[{"image_url":"https://x/a.png?sig=a%2Bb"},{"image_url":"data:image/png;base64,QUJD"}]})"));
  CHECK(json::parse(call_for("gpt-image-1", R"({"images":[{"file_id":"f"}]})")->body).at("images") ==
        json::parse(R"([{"file_id":"f"}])"));
}

TEST_CASE("OpenAI: what cannot be sent is refused, naming where it stands") {
  const auto detail = [](const std::string& input) { return call_for("gpt-image-1", input).error().detail; };
  CHECK(detail(R"({"image":["https://x/a","cat.png"]})").find("input.image[1]") != std::string::npos);
  CHECK(detail(R"({"image":7})").find("input.image") != std::string::npos);
  CHECK(detail(R"({"image":"data:image/png;base64,***"})").find("base64") != std::string::npos);
  CHECK(detail(R"({"stream":true})").find("input.stream") != std::string::npos);
}

TEST_CASE("OpenAI: images by URL keep it byte for byte, images by base64 become bytes") {
  const std::string url = "https://oaidalleapiprodscus.blob.core.windows.net/private/img-1.png?se=x&sig=a%2Bb/c%3D";
  const auto by_url =
      read_create(answer(200, R"({"created":1,"data":[{"url":")" + url + R"(","revised_prompt":"a fine cat"}]})",
                         {{"x-request-id", "req_1"}, {"openai-processing-ms", "1500"}}),
                  "dall-e-3", now);
  REQUIRE(by_url.prediction);
  CHECK(by_url.prediction->outputs.at(0).url == url);
  CHECK(by_url.prediction->id == "req_1");
  CHECK(by_url.prediction->model == "dall-e-3");
  CHECK(json::parse(by_url.prediction->details) == json::parse(R"({"revised_prompt":"a fine cat","seconds":1.5})"));
  const auto inlined = read_create(
      answer(200, R"({"data":[{"b64_json":"QUJD"},{"b64_json":"REVG"}],"usage":{"total_tokens":100}})"), "m", now);
  REQUIRE(inlined.prediction);
  REQUIRE(inlined.prediction->outputs.size() == 2);
  CHECK(inlined.prediction->outputs[0].bytes == "ABC");
  CHECK(inlined.prediction->outputs[1].bytes == "DEF");
  CHECK(json::parse(inlined.prediction->details).at("usage").at("total_tokens") == 100);
}

TEST_CASE("OpenAI: a quota that is used up is not waited for, a rate is") {
  const auto refused = [](const char* code) {
    return read_create(answer(429, R"({"error":{"message":"no","code":")" + std::string(code) + "\"}}"), "m", now);
  };
  CHECK_FALSE(refused("insufficient_quota").may_try_again);
  CHECK(refused("rate_limit_exceeded").may_try_again);
  CHECK(refused("insufficient_quota").error.code == Errc::provider_unavailable);
}

TEST_CASE("OpenAI: an answer without an image is a failure") {
  const auto empty = read_create(answer(200, R"({"data":[]})"), "m", now);
  CHECK(empty.prediction->state == Prediction::State::failed);
  CHECK(read_create(answer(200, R"({"created":1})"), "m", now).may_be_accepted);
  const HttpFailure late{{Errc::download_timeout, "x"}, true, false};
  CHECK(read_create(late, "m", now).error.code == Errc::provider_timeout);
}

}  // namespace
}  // namespace lightfast::providers::openai
