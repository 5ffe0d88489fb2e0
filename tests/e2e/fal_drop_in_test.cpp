// /fal/proxy as fal's own SDK calls it.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/loopback_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const std::string run = "https://fal.run/fal-ai/flux/dev";
const std::string queue = "https://queue.fal.run/fal-ai/flux";

// fal's hosts in one: a direct call, a request in the queue, its state, the storage.
struct FalSdk {
  explicit FalSdk(const std::string& public_url = "") : server(environment(public_url)) {}

  Environment environment(const std::string& public_url) const {
    const std::string base = fal.url("");
    return {{"PUBLIC_BASE_URL", public_url},
            {"FAL_KEY", "id:secret"},
            {"FAL_RUN_URL", base},
            {"FAL_QUEUE_URL", base},
            {"FAL_REST_URL", base},
            {"DOWNLOAD_ALLOW_NETWORKS", "127.0.0.1/32"},
            {"CORS_ALLOW_ORIGINS", "https://app.example"}};
  }
  ServedAnswer give(const ServedRequest& request) {
    const std::string json = "Content-Type: application/json\r\nx-fal-request-id: fal-1\r\n";
    if (request.target == "/files/x.jpeg") return answer(200, png(1), "Content-Type: image/jpeg\r\n");
    const std::lock_guard lock(mutex);
    requests.push_back(request);
    if (is_cut) return {.bytes = "", .then = ServedAnswer::Then::close};
    if (status != 200) return answer(status, R"({"detail":[{"loc":["body","prompt"],"msg":"field required"}]})", json);
    if (request.target.find("/status") != std::string::npos || request.target.find("/storage") == 0) {
      return answer(202, R"({"status":"IN_PROGRESS","response_url":"https://queue.fal.run/x.png"})", json);
    }
    if (request.target.ends_with("/stream")) return answer(200, events(), "Content-Type: text/event-stream\r\n");
    return answer(200, json::serialize(result), json);
  }
  std::string events() const {
    return ": ping\n\ndata: {\"progress\":0.5}\n\nevent: output\ndata: " + json::serialize(result) +
           "\n\ndata: [DONE]\n\n";
  }

  // As the SDK sends what it means for `target`.
  HttpResponse call(const std::string& method, const std::string& target, const std::string& body = "",
                    Headers more = {}) {
    HttpRequest request{.method = method, .target = "/fal/proxy", .headers = std::move(more), .body = body};
    request.headers.emplace_back("x-fal-target-url", target);
    request.headers.emplace_back("Content-Type", "application/json");
    return server.send(request);
  }
  HttpResponse call_with_key(const std::string& method, const std::string& target, const std::string& body = "") {
    return call(method, target, body, {{"Authorization", "Key " + known_key}, {"x-fal-queue-priority", "low"}});
  }

  std::mutex mutex;
  std::vector<ServedRequest> requests;
  int status = 200;
  bool is_cut = false;  // no answer comes
  LoopbackServer fal{[this](const ServedRequest& request) { return give(request); }};
  json::object result{{"images",
                       {{{"url", fal.url("/files/x.jpeg")}, {"content_type", "image/jpeg"}, {"file_size", 1}},
                        {{"url", "data:image/png;base64," + to_base64(png(2))}}}},
                      {"video", {{"url", fal.url("/files/x.mp4")}}},
                      {"seed", 42},
                      {"prompt", "a pier"}};
  RunningServer server;
};

TEST_CASE("fal drop-in: images in a result are hosted and described as they are and the rest stays") {
  FalSdk sdk;
  for (const auto& [method, target] :
       {std::pair<std::string, std::string>{"POST", run + "?x=a%2Bb"}, {"GET", queue + "/requests/fal-1"}}) {
    const HttpResponse response = sdk.call_with_key(method, target, method == "POST" ? R"({"prompt":"a pier"})" : "");
    REQUIRE(response.status == 200);
    CHECK(response.header("x-fal-request-id") == "fal-1");
    CHECK(response.header("X-Lightfast-Rehost").empty());
    const json::value answer = response.json();
    CHECK(answer.at("seed") == json::value(42));
    CHECK(answer.at("video") == sdk.result.at("video"));
    const json::object first = answer.at("images").at(0).as_object();
    CHECK(sdk.server.get(sdk.server.path_of(first)).body == png(1));
    CHECK(text(first, "content_type") == "image/png");
    CHECK(first.at("file_size") == json::value(png(1).size()));
    CHECK(sdk.server.get(sdk.server.path_of(answer.at("images").at(1).as_object())).body == png(2));
  }
  const auto sent = sdk.requests.front();
  CHECK(sent.target == "/fal-ai/flux/dev?x=a%2Bb");
  CHECK(sent.headers.at("authorization") == "Key id:secret");
  CHECK(sent.headers.at("x-fal-queue-priority") == "low");
  CHECK(sent.headers.contains("x-fal-client-proxy"));
  CHECK_FALSE(sent.headers.contains("x-fal-target-url"));
  CHECK(sent.body == R"({"prompt":"a pier"})");
  const auto kept = sdk.server.api("GET", "/v1/users/default/images?prediction_id=fal-1&provider=fal").json();
  CHECK(text(kept.at("images").at(0).as_object(), "prompt") == "a pier");
  CHECK(kept.at("images").at(0).at("generation").at("seed") == json::value(42));
}

TEST_CASE("fal drop-in: the events of a model that streams carry hosted images and all else of them stays") {
  FalSdk sdk;
  const HttpResponse response = sdk.call_with_key("POST", run + "/stream", R"({"prompt":"a pier"})");
  CHECK(response.status == 200);
  CHECK(response.header("Content-Type") == "text/event-stream");
  const std::string begin = ": ping\n\ndata: {\"progress\":0.5}\n\nevent: output\ndata: ", end = "\n\ndata: [DONE]\n\n";
  REQUIRE(response.body.starts_with(begin));
  REQUIRE(response.body.ends_with(end));
  const auto length = response.body.size() - begin.size() - end.size();
  const json::value result = json::parse(response.body.substr(begin.size(), length));
  CHECK(result.at("seed") == json::value(42));
  const json::object image = result.at("images").at(0).as_object();
  CHECK(text(image, "content_type") == "image/png");
  CHECK(sdk.server.get(sdk.server.path_of(image)).body == png(1));
  const auto kept = sdk.server.api("GET", "/v1/users/default/images?model=fal-ai/flux/dev").json().at("images");
  REQUIRE(kept.as_array().size() == 2);
  CHECK(kept.at(0).at("prompt") == json::value("a pier"));
  CHECK(kept.at(0).at("generation").at("seed") == json::value(42));
}

TEST_CASE("fal drop-in: states, the storage and errors pass as they come") {
  FalSdk sdk;
  for (const std::string& target :
       {queue + "/requests/fal-1/status?logs=1", std::string("https://rest.fal.ai/storage/upload/initiate?x=y")}) {
    const HttpResponse response = sdk.call_with_key("GET", target);
    CHECK(response.status == 202);
    CHECK(response.json().at("response_url") == json::value("https://queue.fal.run/x.png"));
  }
  sdk.status = 422;
  const HttpResponse refused = sdk.call_with_key("POST", run, "{}");
  CHECK(refused.status == 422);
  CHECK(refused.header("X-Lightfast-Error").empty());
  CHECK(refused.json().at("detail").at(0).at("msg") == json::value("field required"));
}

TEST_CASE("fal drop-in: an answer that was lost is told so that the SDK does not send and pay for it again") {
  FalSdk sdk;
  sdk.is_cut = true;
  const HttpResponse lost = sdk.call_with_key("POST", run, "{}");
  CHECK(lost.status == 500);
  CHECK(lost.header("X-Lightfast-Error") == "provider_failed");
  CHECK(sdk.requests.size() == 1);
  CHECK(sdk.call_with_key("GET", queue + "/requests/fal-1").status == 502);  // costs nothing
  sdk.is_cut = false;
  sdk.status = 504;
  CHECK(sdk.call_with_key("POST", run, "{}").status == 504);  // fal's own
}

TEST_CASE("fal drop-in: it leads to fal's hosts alone and says so as fal's proxy does") {
  FalSdk sdk;
  for (const std::string target : {"", "https://evil.example/x", "https://fal.run.evil.example/x", "http://fal.run/x",
                                   "https://fal.run@evil.example/x", "https://fal.run:8443/x", "https://127.0.0.1/x",
                                   "https://rest.fal.ai/tokens/", "https://fal.run/../x"}) {
    INFO(target);
    const HttpResponse response = sdk.call_with_key("POST", target, "{}");
    CHECK(response.status == 400);
    CHECK(text(response.json().as_object(), "detail").starts_with("Invalid request"));
  }
  CHECK(sdk.requests.empty());
}

TEST_CASE("fal drop-in: without a key of ours it is fal's 401 and with the caller's own credentials those are used") {
  FalSdk sdk;
  for (const Headers& headers : {Headers{}, Headers{{"Authorization", "Key nobody:here"}}}) {
    const HttpResponse response = sdk.call("POST", run, "{}", headers);
    CHECK(response.status == 401);
    CHECK(text(response.json().as_object(), "detail").starts_with("Unauthorized"));
  }
  CHECK(sdk.requests.empty());
  sdk.call("POST", run, "{}",
           {{"Authorization", "Key theirs:own"}, {"X-Lightfast-Key", known_key}, {"Cookie", "secret"}});
  CHECK(sdk.requests.back().headers.at("authorization") == "Key theirs:own");
  CHECK_FALSE(sdk.requests.back().headers.contains("cookie"));
  CHECK_FALSE(sdk.requests.back().headers.contains("x-lightfast-key"));
}

TEST_CASE("fal drop-in: a caller's webhook is taken over and gets hosted images signed by this server") {
  FalSdk sdk("https://images.example");
  std::promise<ServedRequest> told;
  LoopbackServer receiver([&](const ServedRequest& request) {
    told.set_value(request);
    return answer(200, "");
  });
  const std::string hook = receiver.url("/hook?x=1&y=%2B");
  sdk.call_with_key("POST", queue + "/dev?a=b&fal_webhook=" + percent_encode(hook), "{}");
  const std::string sent = sdk.requests.back().target;
  const std::string before = "/fal-ai/flux/dev?a=b&fal_webhook=";
  REQUIRE(sent.starts_with(before));
  const std::string address = percent_decode(sent.substr(before.size())).value();
  REQUIRE(address.starts_with("https://images.example/fal/lightfast-webhooks/"));

  const json::object end{{"request_id", "fal-1"}, {"status", "OK"}, {"payload", sdk.result}};
  const auto post = [&](const std::string& target) {
    return sdk.server.send({"POST", target, {{"Content-Type", "application/json"}}, json::serialize(end)}).status;
  };
  CHECK(post(path_of_url(address) + "x") == 403);
  CHECK(post(path_of_url(address)) == 200);
  const ServedRequest got = told.get_future().get();
  CHECK(got.target == "/hook?x=1&y=%2B");
  CHECK(got.headers.at("webhook-id") == "msg_fal-1");
  CHECK(got.headers.at("webhook-signature").starts_with("v1,"));
  const json::value body = json::parse(got.body);
  CHECK(body.at("status") == json::value("OK"));
  const json::object image = body.at("payload").at("images").at(0).as_object();
  CHECK(text(image, "url").starts_with("https://images.example/v1/images/hosted/default/"));
  CHECK(sdk.server.get(path_of_url(text(image, "url"))).body == png(1));
}

TEST_CASE("fal drop-in: pages that may are told so before they send") {
  FalSdk sdk;
  const HttpResponse response = sdk.server.send(
      {"OPTIONS",
       "/fal/proxy",
       {{"Origin", "https://app.example"},
        {"Access-Control-Request-Method", "POST"},
        {"Access-Control-Request-Headers", "authorization,content-type,x-fal-target-url,x-fal-queue-priority"}}});
  CHECK(response.status == 204);
  CHECK(response.header("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(response.header("Access-Control-Allow-Headers") == "Authorization, *");
}

}  // namespace
}  // namespace lightfast::test
