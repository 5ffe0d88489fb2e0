#include "tests/support/fake_makers.h"

#include <boost/json/serialize.hpp>

#include "base/encoding.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

bool is_post(const ServedRequest& request) {
  return request.method == "POST";
}

}  // namespace

Fault no_capacity() {
  return {.status = 429, .body = R"({"detail":"Infrastructure is at maximum capacity, try again later"})"};
}

FakeChutes::FakeChutes(std::string key)
    : FakeProvider({"Bearer " + key, R"({"detail":"Invalid API key"})", is_post,
                    [this](const ServedRequest& request) {
                      const json::object body = body_of(request);
                      if (path_of(request) != "/generate") return json_answer(404, {{"detail", "Not Found"}});
                      if (!body.contains("prompt") || !body.contains("model")) {
                        return json_answer(422, {{"detail", "prompt and model are required"}});
                      }
                      const std::string image = next_png();
                      if (as_json) return json_answer(200, {{"b64_json", to_base64(image)}});
                      return answer(200, image, "Content-Type: image/jpeg\r\n");
                    }}),
      key_(std::move(key)) {}

FakeStability::FakeStability(std::string key)
    : FakeProvider(
          {"Bearer " + key, R"({"id":"1","name":"unauthorized","errors":["invalid or missing credentials"]})", is_post,
           [this](const ServedRequest& request) {
             if (path_of(request) == "/v1/user/balance") return json_answer(200, {{"credits", 7.5}});
             const bool is_form = header_of(request, "content-type").starts_with("multipart/form-data; boundary=");
             if (!path_of(request).starts_with("/v2beta/stable-image/generate/") || !is_form) {
               return json_answer(400, {{"name", "bad_request"}, {"errors", {"a form is required"}}});
             }
             if (request.body.find("name=\"prompt\"") == std::string::npos) {
               return json_answer(400, {{"name", "bad_request"}, {"errors", {"prompt: required"}}});
             }
             const std::string reason = is_filtering ? "CONTENT_FILTERED" : "SUCCESS";
             return answer(200, next_png(),
                           "Content-Type: image/png\r\nfinish-reason: " + reason + "\r\nseed: 343940597\r\n");
           }}),
      key_(std::move(key)) {}

FakeSdWebUi::FakeSdWebUi()
    : FakeProvider(
          {"Basic " + to_base64("me:p@ss"), R"({"detail":"Incorrect username or password"})", is_post,
           [this](const ServedRequest& request) {
             const json::object body = body_of(request);
             if (path_of(request) == "/sdapi/v1/progress") return json_answer(200, {{"progress", 0.0}});
             const bool is_img2img = path_of(request) == "/sdapi/v1/img2img";
             if (!is_img2img && path_of(request) != "/sdapi/v1/txt2img") {
               return json_answer(404, {{"detail", "Not Found"}});
             }
             if (is_img2img && !body.contains("init_images")) {
               return json_answer(404, {{"error", "HTTPException"}, {"detail", "Init image not found"}});
             }
             const std::string grid = to_base64(next_png()), image = to_base64(next_png()), map = to_base64(next_png());
             const json::object info = {
                 {"seed", 1234}, {"all_seeds", {1234}}, {"index_of_first_image", 1}, {"sd_model_name", "sdxl_base"}};
             return json_answer(
                 200, {{"images", {grid, image, map}}, {"parameters", body}, {"info", json::serialize(info)}});
           }}) {}

std::string FakeSdWebUi::url_with_login() const {
  return "http://me:p%40ss@" + url().substr(7);
}

FakePexels::FakePexels(std::string key)
    : FakeProvider({key, R"({"error":"Unauthorized"})",
                    [](const ServedRequest& request) { return request.method == "GET"; },
                    [this](const ServedRequest& request) { return search(request); }}),
      key_(std::move(key)) {}

ServedAnswer FakePexels::search(const ServedRequest& request) {
  if (path_of(request) != "/v1/search") return json_answer(404, {{"error", "Not Found"}});
  if (request.target.find("query=nothing") != std::string::npos) {
    return json_answer(200, {{"page", 1}, {"per_page", 1}, {"total_results", 0}, {"photos", json::array()}});
  }
  const auto picture = [&](const std::string& size) { return host({.bytes = next_png()}, size + ".jpeg?cs=tinysrgb"); };
  const json::object photo = {{"id", 2014422},
                              {"width", 3024},
                              {"height", 3024},
                              {"url", "https://www.pexels.com/photo/brown-rocks-2014422/"},
                              {"photographer", "Joey Farina"},
                              {"photographer_url", "https://www.pexels.com/@joey"},
                              {"photographer_id", 680589},
                              {"avg_color", "#978E82"},
                              {"alt", "Brown Rocks"},
                              {"liked", false},
                              {"src", {{"original", picture("original")}, {"large2x", picture("large2x")}}}};
  return json_answer(200, {{"page", 1}, {"per_page", 1}, {"total_results", 9}, {"photos", {photo}}},
                     "X-Ratelimit-Remaining: 199\r\n");
}

}  // namespace lightfast::test
