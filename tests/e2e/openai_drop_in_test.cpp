// /openai/v1 as OpenAI's own SDKs call it.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_openai.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const std::string generations = "/openai/v1/images/generations";

struct OpenAiSdk {
  explicit OpenAiSdk(Environment environment = Environment()) : server(with_openai(std::move(environment))) {}

  FakeOpenAi openai;
  RunningServer server;

  Environment with_openai(Environment environment) const {
    environment.emplace("OPENAI_API_KEY", FakeOpenAi::key);
    environment.emplace("OPENAI_BASE_URL", openai.base_url());
    environment.emplace("DOWNLOAD_ALLOW_NETWORKS", "127.0.0.1/32");
    return environment;
  }

  HttpResponse ask(const json::value& body) { return server.send(json_request(generations, body)); }
  json::object image(const HttpResponse& response) {
    INFO(response.body.substr(0, 500));
    REQUIRE(response.status == 200);
    return first_of(response.json().as_object(), "data");
  }
  // The hosted bytes behind the `url` of an image in an answer.
  std::string bytes_of(const json::object& image) {
    const std::string url = text(image, "url");
    REQUIRE(url.find("/v1/images/hosted/") != std::string::npos);
    return server.get(path_of_url(url)).body;
  }
};

TEST_CASE("openai drop-in: URLs that fade become hosted ones and the rest of the answer stays") {
  OpenAiSdk sdk;
  const HttpResponse response = sdk.ask({{"model", "dall-e-3"}, {"prompt", "a cat"}, {"size", "1024x1024"}});
  const json::object image = sdk.image(response);
  CHECK(sdk.bytes_of(image) == png(1));
  CHECK(text(image, "revised_prompt") == "a revised prompt");
  CHECK(response.json().at("created") == json::value(1713833628));
  CHECK(response.header("Content-Type") == "application/json");
  CHECK(response.header("X-Request-Id") == "req_fake");
  CHECK(response.header("openai-processing-ms") == "12");
  CHECK(response.header("Set-Cookie").empty());
  const auto sent = sdk.openai.requests().front();
  CHECK(sent.headers.at("authorization") == std::string("Bearer ") + FakeOpenAi::key);
  CHECK(sent.body == R"({"model":"dall-e-3","prompt":"a cat","size":"1024x1024"})");

  const json::object kept =
      sdk.server.api("GET", "/v1/users/default/images").json().at("images").as_array()[0].as_object();
  CHECK(text(kept, "provider") == "openai");
  CHECK(text(kept, "model") == "dall-e-3");
  CHECK(text(kept, "prompt") == "a cat");
}

TEST_CASE("openai drop-in: models that give base64 alone get a url, and give no base64 where only that was asked for") {
  OpenAiSdk sdk;
  sdk.openai.give(png(2));
  const json::object both = sdk.image(sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}}));
  CHECK(sdk.bytes_of(both) == png(2));
  CHECK(text(both, "b64_json") == to_base64(png(2)));
  const HttpResponse response = sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}, {"response_format", "url"}});
  const json::object url_alone = sdk.image(response);
  CHECK(sdk.bytes_of(url_alone) == png(2));
  CHECK_FALSE(url_alone.contains("b64_json"));
  CHECK(response.json().at("usage").at("total_tokens") == json::value(100));
  const json::object dalle =
      sdk.image(sdk.ask({{"model", "dall-e-2"}, {"prompt", "a cat"}, {"response_format", "b64_json"}}));
  CHECK(sdk.bytes_of(dalle) == png(2));
  CHECK(text(dalle, "b64_json") == to_base64(png(2)));
}

TEST_CASE("openai drop-in: edits as forms are passed on with their files and without what the model refuses") {
  OpenAiSdk sdk;
  const std::string field = "--b\r\nContent-Disposition: form-data; name=";
  const std::string mask = field + "\"mask\"; filename=\"m.png\"\r\nContent-Type: image/png\r\n\r\n" + png(9) + "\r\n";
  const std::string rest = field + "\"model\"\r\n\r\ngpt-image-1\r\n" + field + "\"prompt\"\r\n\r\na hat\r\n--b--\r\n";
  const std::string format = field + "\"response_format\"\r\n\r\nurl\r\n";
  const HttpResponse response = sdk.server.api("POST", "/openai/v1/images/edits", mask + format + rest,
                                               {{"Content-Type", "multipart/form-data; boundary=b"}});
  const json::object image = sdk.image(response);
  CHECK_FALSE(image.contains("b64_json"));
  CHECK(sdk.bytes_of(image) == png(1));
  CHECK(sdk.openai.requests().back().body == mask + rest);
}

TEST_CASE("openai drop-in: a form's prompt in no UTF-8 or without end keeps no image from being hosted or listed") {
  OpenAiSdk sdk;
  const std::string field = "--b\r\nContent-Disposition: form-data; name=";
  for (const std::string model : {"gpt-image-1", "dall-e-2"}) {
    for (const std::string& prompt : {std::string("Caf\xE9"), std::string(40'000, 'x')}) {
      const std::string form =
          field + "\"model\"\r\n\r\n" + model + "\r\n" + field + "\"prompt\"\r\n\r\n" + prompt + "\r\n--b--\r\n";
      const HttpResponse response = sdk.server.api("POST", "/openai/v1/images/edits", form,
                                                   {{"Content-Type", "multipart/form-data; boundary=b"}});
      CHECK(response.header("X-Lightfast-Rehost").empty());
      sdk.bytes_of(sdk.image(response));
      const json::value listed = sdk.server.api("GET", "/v1/users/default/images").json();
      const std::string kept = text(listed.at("images").at(0).as_object(), "prompt");
      CHECK((kept == "Caf\uFFFD" || kept == std::string(32'768, 'x')));
    }
  }
}

TEST_CASE("openai drop-in: of a stream the whole image gets a url and partial ones pass") {
  OpenAiSdk sdk;
  const HttpResponse response =
      sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}, {"stream", true}, {"partial_images", 1}});
  CHECK(response.status == 200);
  CHECK(response.header("Content-Type") == "text/event-stream; charset=utf-8");
  const std::string partial =
      "event: image_generation.partial_image\ndata: "
      "{\"b64_json\":\"QUJD\",\"partial_image_index\":0,\"type\":\"image_generation.partial_image\"}\n\n";
  CHECK(response.body.starts_with(partial));
  const std::string begin = "event: image_generation.completed\ndata: ";
  REQUIRE(response.body.substr(partial.size()).starts_with(begin));
  const json::object whole = json::parse(response.body.substr(partial.size() + begin.size())).as_object();
  CHECK(sdk.bytes_of(whole) == png(1));
  CHECK(text(whole, "b64_json") == to_base64(png(1)));
  CHECK(whole.at("usage").at("total_tokens") == json::value(100));
}

TEST_CASE("openai drop-in: a caller who leaves early does not lose the image that was paid for") {
  OpenAiSdk sdk;
  sdk.openai.give(png(1, 600, 600));
  HttpRequest request = json_request(generations, {{"model", "gpt-image-1"}, {"prompt", "a cat"}, {"stream", true}});
  {
    RawHttpClient client(sdk.server.port());
    client.send(to_bytes(request));
    client.receive_until("partial_image");
  }
  CHECK(eventually(
      [&] { return sdk.server.api("GET", "/v1/users/default/images").json().at("images").as_array().size() == 1; }));
}

TEST_CASE("openai drop-in: an answer of 30 MB of base64 arrives whole and all of it is hosted") {
  OpenAiSdk sdk;
  const std::string large = png(1, 1100, 1030);
  sdk.openai.give(large);
  const HttpResponse response = sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}, {"n", 7}});
  CHECK(response.body.size() > 30'000'000);
  const json::array images = response.json().at("data").as_array();
  REQUIRE(images.size() == 7);
  const std::string base64 = to_base64(large);
  for (const auto& image : images) CHECK((text(image.as_object(), "b64_json") == base64));
  CHECK((sdk.bytes_of(images.back().as_object()) == large));
  CHECK(sdk.server.image_files().size() == 7);
}

TEST_CASE("openai drop-in: an answer that no memory is left for passes unchanged and says so") {
  OpenAiSdk sdk;
  sdk.openai.give(png(1, 600, 600));
  const std::string nearly_all =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 268000000\r\n\r\n{";
  sdk.openai.answer_next({.bytes = nearly_all});
  RawHttpClient other(sdk.server.port());
  other.send(to_bytes(json_request(generations, {{"model", "gpt-image-1"}, {"prompt", "a cat"}})));
  REQUIRE(eventually([&] { return sdk.openai.requests().size() == 1; }));
  HttpResponse response;
  REQUIRE(eventually([&] {
    response = sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}});
    return response.header("X-Lightfast-Rehost") == "failed";
  }));
  const json::object passed = sdk.image(response);
  CHECK((text(passed, "b64_json") == to_base64(png(1, 600, 600))));
  CHECK_FALSE(passed.contains("url"));
  sdk.openai.give(png(1));
  CHECK(sdk.bytes_of(sdk.image(sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}}))) == png(1));  // a short one
}

TEST_CASE("openai drop-in: other paths pass as they come, piece by piece") {
  OpenAiSdk sdk;
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
  const std::string first = "data: {\"delta\":\"Once\"}\n\n", last = "data: [DONE]\n\n";
  sdk.openai.answer_next({.bytes = head + first + last,
                          .then = ServedAnswer::Then::close,
                          .drip_bytes = head.size() + first.size(),
                          .drip_pause = std::chrono::milliseconds(200)});
  RawHttpClient client(sdk.server.port());
  client.send(to_bytes(json_request("/openai/v1/chat/completions", {{"model", "gpt-5"}, {"stream", true}})));
  client.receive_until("\r\n\r\n");
  // A chunk of its own: it left before the next one came.
  CHECK(client.receive_until("Once\"}\n\n\r\n") == "18\r\n" + first + "\r\n");
  CHECK(client.receive_until("0\r\n\r\n") == "e\r\n" + last + "\r\n0\r\n\r\n");
}

TEST_CASE("openai drop-in: errors are OpenAI's own, or ours in its words") {
  OpenAiSdk sdk;
  const HttpResponse theirs = sdk.server.api("GET", "/openai/v1/nothing");
  CHECK(theirs.status == 404);
  CHECK(theirs.json().at("error").at("code") == json::value("unknown_url"));
  HttpRequest request = json_request(generations, {{"prompt", "a cat"}});
  request.headers = {{"Content-Type", "application/json"}};
  const HttpResponse ours = sdk.server.send(request);
  CHECK(ours.status == 401);
  CHECK(ours.json().at("error").at("type") == json::value("authentication_error"));
  CHECK(ours.json().at("error").at("param").is_null());

  const Headers huge{{"Content-Length", "99999999999"}, {"Content-Type", "application/json"}, with_key.front()};
  const HttpResponse refused = sdk.server.send({"POST", generations, huge});
  CHECK(refused.status == 413);
  CHECK(refused.json().at("error").at("code") == json::value("too_large"));

  sdk.openai.answer_next({.then = ServedAnswer::Then::reset});
  const HttpResponse lost = sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}});
  CHECK(lost.status == 502);
  CHECK(lost.header("x-should-retry") == "false");
  CHECK(lost.json().at("error").at("code") == json::value("provider_failed"));
}

TEST_CASE("openai drop-in: a quota that is used up is told at once and a rate is waited out") {
  OpenAiSdk sdk;
  const std::string quota = R"({"error":{"message":"You exceeded your quota","code":"insufficient_quota"}})";
  sdk.openai.answer_next(answer(429, quota, "Content-Type: application/json\r\n"));
  const HttpResponse refused = sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}});
  CHECK(refused.status == 429);
  CHECK(refused.body == quota);
  sdk.openai.answer_next(answer(429, R"({"error":{"code":"rate_limit_exceeded"}})", "Retry-After: 0\r\n"));
  CHECK(sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}}).status == 200);
  CHECK(sdk.openai.requests().size() == 3);
}

TEST_CASE("openai drop-in: a rate of ours is told apart from the provider's") {
  OpenAiSdk sdk(Environment{{"RATE_LIMIT_WRITE", "1/hour"}});
  CHECK(sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}}).header("X-Lightfast-Error").empty());
  const HttpResponse refused = sdk.ask({{"model", "gpt-image-1"}, {"prompt", "a cat"}});
  CHECK(refused.status == 429);
  CHECK(refused.header("X-Lightfast-Error") == "rate_limited");
  CHECK(refused.json().at("error").at("code") == json::value("rate_limited"));
}

TEST_CASE("openai drop-in: what is not configured is said with what to set") {
  RunningServer server;
  const HttpResponse response = server.send(json_request(generations, {{"prompt", "a cat"}}));
  CHECK(response.status == 503);
  CHECK(response.header("X-Lightfast-Error") == "not_configured");
  const std::string message(response.json().at("error").at("message").as_string());
  CHECK(message.find("OPENAI_API_KEY") != std::string::npos);
}

}  // namespace
}  // namespace lightfast::test
