// What is particular to the providers that answer in one call.
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "server/providers/chutes.h"
#include "server/providers/inline_images.h"
#include "server/providers/pexels.h"
#include "server/providers/sdwebui.h"
#include "server/providers/stability.h"
#include "tests/support/catch_result.h"

namespace lightfast::providers {
namespace {

namespace json = boost::json;

const Timestamp now = *parse_iso8601("2026-11-28T10:00:00Z");

GenerationRequest request_for(std::string model, std::string input = "{}") {
  return {.model = std::move(model), .prompt = "cat", .input = std::move(input), .deadline = now};
}

HttpResult answer(int status, std::string body, HttpHeaders headers = {}) {
  HttpAnswer out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

TEST_CASE("Chutes: the input goes flat, and the image comes as bytes or as base64") {
  const auto call =
      chutes::create_call({"https://image.chutes.ai", "cpk"}, request_for("chroma", R"({"seed":7})"), now);
  CHECK(call->url == "https://image.chutes.ai/generate");
  CHECK(json::parse(call->body) == json::parse(R"({"seed":7,"prompt":"cat","model":"chroma"})"));
  const auto raw = chutes::read_create(answer(200, "\xff\xd8\xff", {{"Content-Type", "image/jpeg"}}), "m", now);
  CHECK(raw.prediction->outputs.at(0).bytes == "\xff\xd8\xff");
  for (const char* body : {R"({"b64_json":"QUJD"})", R"({"image":"QUJD"})",
                           R"({"images":["data:image/png;base64,QUJD"]})", R"({"data":[{"b64_json":"QUJD"}]})"}) {
    INFO(body);
    const auto made = chutes::read_create(answer(200, body, {{"Content-Type", "application/json"}}), "m", now);
    REQUIRE(made.prediction);
    CHECK(made.prediction->outputs.size() == 1);
  }
  CHECK(chutes::read_create(answer(200, "{}", {{"Content-Type", "application/json"}}), "m", now).may_be_accepted);
}

TEST_CASE("Chutes: where there is no room nobody took the call, and it may be sent again") {
  const auto full =
      chutes::read_create(answer(503, R"({"detail":"No instances available (yet) for chute"})"), "m", now);
  CHECK(full.error.code == Errc::provider_unavailable);
  CHECK(full.may_try_again);
  CHECK_FALSE(full.may_be_accepted);
  CHECK(chutes::read_create(answer(503, "<html>"), "m", now).may_be_accepted);
}

TEST_CASE("Stability: a form to the model's own address, with files only as bytes") {
  const Api api{"https://api.stability.ai", "sk"};
  const auto call = stability::create_call(
      api,
      request_for("sd3.5-large", R"({"mode":"image-to-image","strength":0.5,"image":"data:image/png;base64,QUJD"})"),
      now);
  REQUIRE(call);
  CHECK(call->url == "https://api.stability.ai/v2beta/stable-image/generate/sd3");
  CHECK(find_header(call->headers, "Accept") == "image/*");
  CHECK(call->body.find("name=\"model\"\r\n\r\nsd3.5-large\r\n") != std::string::npos);
  CHECK(call->body.find("name=\"strength\"\r\n\r\n0.5\r\n") != std::string::npos);
  CHECK(call->body.find("name=\"image\"; filename=\"image.png\"") != std::string::npos);
  CHECK(stability::create_call(api, request_for("core", R"({"image":"https://x/a.png"})"), now)
            .error()
            .detail.find("input.image") != std::string::npos);
  CHECK(stability::create_call(api, request_for("../x"), now).error().code == Errc::invalid_request);
}

TEST_CASE("Stability: a filtered image is a failure, a moderated prompt the caller's") {
  const auto made = [](const std::string& reason) {
    return *stability::read_create(
                answer(200, "PNG", {{"Content-Type", "image/png"}, {"finish-reason", reason}, {"seed", "42"}}), "core",
                now)
                .prediction;
  };
  CHECK(made("SUCCESS").state == Prediction::State::succeeded);
  CHECK(made("SUCCESS").details == R"({"seed":42})");
  CHECK(made("CONTENT_FILTERED").state == Prediction::State::failed);
  CHECK(made("CONTENT_FILTERED").error->code == Errc::provider_failed);
  CHECK(made("CONTENT_FILTERED").outputs.empty());
  const auto moderated = stability::read_create(
      answer(403, R"({"id":"x","name":"content_moderation","errors":["Your request was flagged."]})"), "core", now);
  CHECK(moderated.error.code == Errc::provider_rejected);
  CHECK(moderated.error.detail.find("Your request was flagged.") != std::string::npos);
  CHECK(stability::read_create(answer(403, R"({"name":"forbidden"})"), "core", now).error.code ==
        Errc::provider_unavailable);
}

TEST_CASE("SD WebUI: its address may hold a login, which is sent as Basic and stands in no URL") {
  const Api open = sdwebui::parse_url("http://10.0.0.5:7860");
  CHECK(open.base_url == "http://10.0.0.5:7860");
  CHECK(open.key.empty());
  const Api closed = sdwebui::parse_url("https://me:p%40ss@sd.example.com/app");
  CHECK(closed.base_url == "https://sd.example.com/app");
  const auto call = sdwebui::create_call(closed, request_for(""), now);
  CHECK(call->url == "https://sd.example.com/app/sdapi/v1/txt2img");
  CHECK(find_header(call->headers, "Authorization") == "Basic " + to_base64("me:p@ss"));
  CHECK_FALSE(find_header(sdwebui::create_call(open, request_for(""), now)->headers, "Authorization").has_value());
}

TEST_CASE("SD WebUI: a model becomes the checkpoint beside other settings, source images make it img2img") {
  const Api api{"http://sd", ""};
  const auto call = sdwebui::create_call(
      api, request_for("sdxl", R"({"init_images":["QUJD"],"override_settings":{"CLIP_stop_at_last_layers":2}})"), now);
  CHECK(call->url == "http://sd/sdapi/v1/img2img");
  CHECK(json::parse(call->body).at("override_settings") ==
        json::parse(R"({"CLIP_stop_at_last_layers":2,"sd_model_checkpoint":"sdxl"})"));
  CHECK_FALSE(
      json::parse(sdwebui::create_call(api, request_for(""), now)->body).as_object().contains("override_settings"));
  CHECK(sdwebui::create_call(api, request_for("sdxl", R"({"override_settings":7})"), now).error().code ==
        Errc::invalid_request);
}

TEST_CASE("SD WebUI: neither the grid before the images nor the maps after them are images") {
  const std::string info = R"({\"seed\":5,\"all_seeds\":[5,6],\"index_of_first_image\":1})";
  const auto made = sdwebui::read_create(
      answer(200, R"({"images":["QUFB","QkJC","Q0ND","RERE"],"parameters":{},"info":")" + info + "\"}"), now);
  REQUIRE(made.prediction);
  REQUIRE(made.prediction->outputs.size() == 2);
  CHECK(made.prediction->outputs[0].bytes == "BBB");
  CHECK(made.prediction->outputs[1].bytes == "CCC");
  CHECK(made.prediction->details == R"({"seed":5})");
  const auto plain = sdwebui::read_create(answer(200, R"({"images":["QUFB"],"info":"odd"})"), now);
  CHECK(plain.prediction->outputs.size() == 1);
}

TEST_CASE("Pexels: the prompt is searched for, with the input's parameters, and the key as it is") {
  const Api api{"https://api.pexels.com/v1", "key"};
  const auto call = pexels::search_call(api,
                                        {.prompt = "cat & hat",
                                         .input = R"({"orientation":"landscape","page":2,"src":"large","per_page":40})",
                                         .deadline = now + std::chrono::minutes(1)},
                                        now);
  REQUIRE(call);
  CHECK(call->url == "https://api.pexels.com/v1/search?query=cat%20%26%20hat&orientation=landscape&page=2&per_page=1");
  CHECK(find_header(call->headers, "Authorization") == "key");
  CHECK(pexels::search_call(api, request_for("", R"({"color":["red"]})"), now).error().detail.find("input.color") !=
        std::string::npos);
}

TEST_CASE("Pexels: the picture is taken, not the page, and the photographer's credit kept") {
  const std::string body = R"({"page":1,"per_page":1,"photos":[{"id":2014422,"url":"https://www.pexels.com/photo/x/",
    "photographer":"Joey Farina","photographer_url":"https://www.pexels.com/@joey",
    "src":{"original":"https://images.pexels.com/o.jpeg","large2x":"https://images.pexels.com/l.jpeg?w=940"}}]})";
  const auto found = pexels::read_search(answer(200, body), request_for(""), now).prediction;
  REQUIRE(found);
  CHECK(found->id == "2014422");
  CHECK(found->outputs.at(0).url == "https://images.pexels.com/l.jpeg?w=940");
  CHECK(json::parse(found->details).at("credit") ==
        json::parse(R"({"text":"Photo by Joey Farina on Pexels","name":"Joey Farina",
          "url":"https://www.pexels.com/@joey","photo_url":"https://www.pexels.com/photo/x/"})"));
  const auto whole = pexels::read_search(answer(200, body), request_for("", R"({"src":"original"})"), now).prediction;
  CHECK(whole->outputs.at(0).url == "https://images.pexels.com/o.jpeg");
  const auto none = pexels::read_search(answer(200, R"({"photos":[]})"), request_for(""), now);
  CHECK(none.prediction->error->code == Errc::provider_failed);
  CHECK(none.prediction->error->detail == "Pexels found no photo for this prompt");
}

TEST_CASE("images within an answer are found under their names alone, so that no text is taken for one") {
  const auto count = [](const char* text) { return collect_images(json::parse(text)).size(); };
  CHECK(count(R"({"prompt":"cats","revised_prompt":"QUJD","b64_json":"QUJD"})") == 1);
  CHECK(count(R"({"images":["QUJD",null,"***"]})") == 1);
  CHECK(count(R"({"prompt":"https://x/a.png"})") == 0);
  CHECK(count("[]") == 0);
}

}  // namespace
}  // namespace lightfast::providers
