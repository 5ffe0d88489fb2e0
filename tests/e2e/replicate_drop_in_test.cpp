// /replicate/v1 as Replicate's own SDKs call it.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const std::string models = "/replicate/v1/models/bfl/flux/predictions";
const json::value wish{{"input", {{"prompt", "a lighthouse"}}}};

// As the JavaScript SDK sends it: its key is one of ours.
HttpRequest create_request(const json::value& body = wish, const Headers& headers = {{"prefer", "wait"}}) {
  HttpRequest request = json_request(models, body, headers);
  request.headers.emplace_back("user-agent", "replicate-javascript/1.4.0");
  return request;
}

struct ReplicateSdk {
  explicit ReplicateSdk(Environment environment = Environment()) : it(std::move(environment)) {}

  GeneratingServer it;

  json::object created(const json::value& body = wish, const Headers& headers = {{"prefer", "wait"}}) {
    const HttpResponse response = it.server.send(create_request(body, headers));
    INFO(response.body);
    REQUIRE(response.status / 100 == 2);
    return response.json().as_object();
  }
  HttpResponse poll(const std::string& id) { return it.server.api("GET", "/replicate/v1/predictions/" + id); }
  std::string delivered(FakeFile file) { return it.replicate.host(std::move(file)); }
};

std::string only_output(const json::object& prediction) {
  INFO(json::serialize(prediction));
  const auto& output = prediction.at("output");
  REQUIRE(output.is_array());
  REQUIRE(output.as_array().size() == 1);
  return std::string(output.as_array().front().as_string());
}

bool is_hosted(const std::string& url) {
  return url.find("/v1/images/hosted/") != std::string::npos;
}

TEST_CASE("replicate drop-in: a run gives hosted images, and nothing else is changed") {
  ReplicateSdk sdk;
  const std::string echoed = "http://127.0.0.1:9/input.png";
  const json::object prediction = sdk.created({{"input", {{"prompt", "a lighthouse"}, {"image", echoed}}}});
  const std::string id = text(prediction, "id"), url = only_output(prediction);
  CHECK(text(prediction, "status") == "succeeded");
  CHECK(is_hosted(url));
  CHECK(prediction.at("input").at("image") == json::value(echoed));
  const HttpResponse image = sdk.it.server.get(path_of_url(url));
  CHECK(image.status == 200);
  CHECK(image.header("Content-Type") == "image/png");

  // The API's links lead back here, and what they lead to has the same URL.
  const std::string link = text(prediction.at("urls").as_object(), "get");
  CHECK(link.ends_with("/replicate/v1/predictions/" + id));
  CHECK(text(prediction.at("urls").as_object(), "web") == "https://replicate.com/p/" + id);
  CHECK(only_output(sdk.it.server.api("GET", path_of_url(link)).json().as_object()) == url);

  const json::object kept = sdk.it.images().front().as_object();
  CHECK(text(kept, "provider") == "replicate");
  CHECK(text(kept, "model") == "bfl/flux");
  CHECK(text(kept, "prediction_id") == id);
  CHECK(text(kept, "prompt") == "a lighthouse");
  CHECK(kept.at("generation").at("seconds") == json::value(0.5));
  CHECK(text(kept, "source_url").find("/xezq/") != std::string::npos);
}

TEST_CASE("replicate drop-in: the provider sees the server's credentials and nothing of ours") {
  ReplicateSdk sdk;
  const std::string id =
      text(sdk.created(wish, {{"prefer", "wait=5"}, {"X-Lightfast-User", "ana"}, {"Cookie", "a=b"}}), "id");
  const auto sent = [&](const std::string& name) { return sdk.it.replicate.create_header(id, name); };
  CHECK(sent("authorization") == "Bearer " + sdk.it.replicate.token());
  CHECK(sent("prefer") == "wait=5");
  CHECK(sent("user-agent") == "replicate-javascript/1.4.0");
  CHECK(sent("accept-encoding") == "identity");
  for (const char* name : {"x-lightfast-user", "x-lightfast-key", "cookie", "x-request-id"}) CHECK(sent(name).empty());
  CHECK(sdk.it.images("ana").size() == 1);
}

TEST_CASE("replicate drop-in: callers without a key, or with too little, are told so in Replicate's words") {
  ReplicateSdk sdk;
  auto& server = sdk.it.server;
  HttpRequest request = create_request();
  for (const std::string& credential :
       {std::string(), std::string("Bearer r8_somebody"), std::string("Token lf_wrong")}) {
    INFO(credential);
    request.headers = {{"Content-Type", "application/json"}};
    if (!credential.empty()) request.headers.emplace_back("Authorization", credential);
    const HttpResponse response = server.send(request);
    CHECK(response.status == 401);
    CHECK(response.header("X-Lightfast-Error") == "unauthorized");
    CHECK(response.json().at("status") == json::value(401));
    CHECK(response.json().as_object().contains("detail"));
  }
  const std::string made = server.process().run({"keys", "create", "--name", "bobs", "--user", "bob"}).out;
  request.headers = {{"Authorization", "Token " + made.substr(0, made.size() - 1)}, {"X-Lightfast-User", "ana"}};
  CHECK(server.send(request).status == 403);
  CHECK(sdk.it.replicate.create_requests() == 0);
  request.headers.pop_back();
  CHECK(server.send(request).status / 100 == 2);
  CHECK(server.get("/replicate/v1/predictions", request.headers).status == 403);  // everybody's
}

TEST_CASE(
    "replicate drop-in: credentials of the caller's own are passed on beside a key of ours, or where it is open") {
  ReplicateSdk sdk(Environment{{"DROPIN_OPEN", "true"}});
  HttpRequest request = create_request();
  request.headers = {{"Authorization", "Bearer r8_not_known"}, {"X-Lightfast-Key", known_key}, {"prefer", "wait"}};
  const HttpResponse refused = sdk.it.server.send(request);
  CHECK(refused.status == 401);
  CHECK(refused.json().at("title") == json::value("Unauthenticated"));  // Replicate's own word
  CHECK(refused.header("X-Lightfast-Error").empty());
  request.headers = {{"prefer", "wait"}};  // nobody's money is spent for a stranger
  CHECK(sdk.it.server.send(request).json().at("title") == json::value("Unauthenticated"));
  request.headers = {{"Authorization", "Token " + sdk.it.replicate.token()}, {"prefer", "wait"}};
  const HttpResponse response = sdk.it.server.send(request);
  REQUIRE(response.status == 201);
  CHECK(is_hosted(only_output(response.json().as_object())));
}

TEST_CASE("replicate drop-in: a call that was paid for is answered though the connection breaks, and not sent again") {
  ReplicateSdk sdk;
  sdk.it.replicate.fail_creates({accepted_then_reset()});
  const HttpResponse response = sdk.it.server.send(create_request());
  CHECK(response.status == 502);
  CHECK(response.json().at("status") == json::value(502));
  CHECK(response.header("X-Lightfast-Error") == "provider_failed");
  CHECK(sdk.it.replicate.create_requests() == 1);
}

TEST_CASE("replicate drop-in: a rate that Replicate refuses is waited out and its other errors are its own") {
  ReplicateSdk sdk;
  sdk.it.replicate.fail_creates({throttled(0), throttled(0), input_rejected("prompt is required"), throttled(600)});
  const HttpResponse rejected = sdk.it.server.send(create_request());
  CHECK(rejected.status == 422);
  CHECK(rejected.body == input_rejected("prompt is required").body);
  const HttpResponse late = sdk.it.server.send(create_request());
  CHECK(late.status == 429);
  CHECK(late.header("retry-after") == "600");
  CHECK(late.body == throttled(600).body);
  CHECK(sdk.it.replicate.create_requests() == 4);
}

TEST_CASE("replicate drop-in: a wait that Replicate asks for until far in the future is the answer at once") {
  ReplicateSdk sdk;
  sdk.it.replicate.fail_creates(
      {{.status = 429, .body = "{}", .headers = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"}});
  CHECK(sdk.it.server.send(create_request()).status == 429);
  CHECK(sdk.it.replicate.create_requests() == 1);
}

TEST_CASE("replicate drop-in: many polls at a time give one URL and fetch it once") {
  ReplicateSdk sdk;
  const std::string file =
      sdk.delivered({.bytes = png(7), .drip_bytes = 20, .drip_pause = std::chrono::milliseconds(5)});
  sdk.it.replicate.script_next(
      {.statuses = {"starting"}, .output = [file](std::uint32_t) { return json::array{file}; }});
  const std::string id = text(sdk.created(wish, {}), "id");
  std::vector<std::string> urls(8);
  std::vector<std::thread> pollers;
  for (auto& url : urls) {
    pollers.emplace_back([&, client = sdk.it.server.new_client()]() mutable {
      const auto response = client.send({"GET", "/replicate/v1/predictions/" + id, with_key});
      url = std::string(response.json().at("output").as_array().front().as_string());
    });
  }
  for (auto& poller : pollers) poller.join();
  CHECK(is_hosted(urls.front()));
  for (const auto& url : urls) CHECK(url == urls.front());
  CHECK(sdk.it.images().size() == 1);
  CHECK(sdk.it.replicate.files().fetches(path_of_url(file)) == 1);

  // Also when Replicate has long forgotten the file, and in a listing.
  sdk.it.replicate.files().expire_all();
  CHECK(only_output(sdk.poll(id).json().as_object()) == urls.front());
  const json::value list = sdk.it.server.api("GET", "/replicate/v1/predictions").json();
  CHECK(only_output(list.at("results").as_array().front().as_object()) == urls.front());
}

TEST_CASE("replicate drop-in: a listing makes nobody else's images of what a user has") {
  ReplicateSdk sdk;
  const json::value wanted{
      {"prompt", "a lighthouse"}, {"user_id", "ana"}, {"visibility", GENERATE("public", "private")}};
  const std::string url = text(sdk.it.generated(wanted), "url");
  const json::value list = sdk.it.server.api("GET", "/replicate/v1/predictions").json();
  CHECK(only_output(list.at("results").as_array().front().as_object()) == url);
  CHECK(sdk.it.images().empty());
  CHECK(sdk.it.images("ana").size() == 1);
}

TEST_CASE("replicate drop-in: where hosting fails the provider's URL stays, and is a hosted one once it can be") {
  ReplicateSdk sdk(Environment{{"DOWNLOAD_TIMEOUT_SECONDS", "1"}});
  std::atomic<int> status = 500;
  LoopbackServer delivery([&](const ServedRequest&) { return answer(status, png(5)); });
  sdk.it.next_output(json::array{delivery.url("/out-0.png")});
  const HttpResponse response = sdk.it.server.send(create_request());
  CHECK(response.status == 201);
  CHECK(response.header("X-Lightfast-Rehost") == "failed");
  const json::object prediction = response.json().as_object();
  CHECK(only_output(prediction) == delivery.url("/out-0.png"));
  status = 200;
  const bool healed = eventually([&] {
    const HttpResponse again = sdk.poll(text(prediction, "id"));
    return again.header("X-Lightfast-Rehost").empty() && is_hosted(only_output(again.json().as_object()));
  });
  CHECK(healed);
  CHECK(sdk.it.images().size() == 1);
}

TEST_CASE("replicate drop-in: outputs of every shape are walked through, and what is no image is left alone") {
  ReplicateSdk sdk;
  const std::string one = sdk.delivered({.bytes = png(1)}), two = sdk.delivered({.bytes = png(2)});
  const std::string film = sdk.it.replicate.host({.bytes = "film", .content_type = "video/mp4"}, "out.mp4");
  const std::string words = sdk.it.replicate.host({.bytes = "just words", .content_type = "text/plain"}, "out");
  const std::string inlined = "data:image/png;base64," + to_base64(png(3));
  sdk.it.next_output(json::object{{"images", {one, {{"deep", two}}}},
                                  {"film", film},
                                  {"words", words},
                                  {"n", 1},
                                  {"inlined", inlined},
                                  {"said", "see " + one}});
  const HttpResponse response = sdk.it.server.send(create_request());
  REQUIRE(response.status == 201);
  const json::value output = response.json().at("output");
  CHECK(is_hosted(std::string(output.at("images").as_array()[0].as_string())));
  CHECK(is_hosted(std::string(output.at("images").as_array()[1].at("deep").as_string())));
  CHECK(is_hosted(std::string(output.at("inlined").as_string())));
  CHECK(output.at("film") == json::value(film));
  CHECK(output.at("words") == json::value(words));
  CHECK(output.at("said") == json::value("see " + one));
  CHECK(response.header("X-Lightfast-Rehost").empty());
  CHECK(sdk.it.replicate.files().fetches(path_of_url(film)) == 0);
  const json::value again = sdk.poll(text(response.json().as_object(), "id")).json();
  CHECK(again.at("output") == output);
  CHECK(sdk.it.images().size() == 3);
}

TEST_CASE("replicate drop-in: what is not finished is told in the words that SDKs know") {
  ReplicateSdk sdk;
  sdk.it.replicate.script_next({.statuses = {"processing", "processing"}, .partial_output = nullptr});
  json::object prediction = sdk.created();
  CHECK(text(prediction, "status") == "starting");
  CHECK(prediction.at("output").is_null());
  CHECK(text(sdk.poll(text(prediction, "id")).json().as_object(), "status") == "processing");

  sdk.it.replicate.script_next({.statuses = {"starting"}, .final_status = "aborted"});
  prediction = sdk.created(wish, {});
  CHECK(text(sdk.poll(text(prediction, "id")).json().as_object(), "status") == "canceled");
}

TEST_CASE("replicate drop-in: what we know nothing of passes as it stands") {
  ReplicateSdk sdk;
  const HttpResponse account = sdk.it.server.api("GET", "/replicate/v1/account");
  CHECK(account.status == 200);
  CHECK(account.json() == json::value{{"type", "user"}, {"username", "somebody"}});
  CHECK(sdk.it.server.api("GET", "/replicate/v1/no/such?thing=%2F").status == 404);
  CHECK(sdk.it.server.api("QUERY", "/replicate/v1/models", "cats", {{"Content-Type", "text/plain"}}).status == 405);
}

TEST_CASE("replicate drop-in: without hosting everything passes as it stands") {
  ReplicateSdk sdk(Environment{{"IMAGE_HOSTING_ENABLED", "false"}});
  CHECK(only_output(sdk.created()).find("/xezq/") != std::string::npos);
  CHECK(sdk.it.server.image_files().empty());
}

TEST_CASE("replicate drop-in: nothing is paid for where nothing could be kept") {
  ReplicateSdk sdk(Environment{{"IMAGE_MIN_FREE_BYTES", "1000000000000000"}});
  const HttpResponse response = sdk.it.server.send(create_request());
  CHECK(response.status == 507);
  CHECK(response.header("X-Lightfast-Error") == "storage_full");
  CHECK(sdk.it.replicate.create_requests() == 0);
}

TEST_CASE("replicate drop-in: a prediction's events come through this server with hosted images") {
  std::string picture, events_at;
  LoopbackServer provider([&](const ServedRequest& request) {
    if (request.target == "/picture.png") return answer(200, png(4));
    if (request.target == "/v1/stream/x") {
      const bool is_bare = !request.headers.contains("authorization") && !request.headers.contains("x-of-the-caller");
      if (!is_bare || request.headers.at("last-event-id") != "7") return answer(400, "not what was meant");
      return ServedAnswer{.bytes =
                              "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                              "event: output\ndata: words\n\nevent: output\ndata: " +
                              picture + "\n\nevent: done\ndata: {}\n\n",
                          .then = ServedAnswer::Then::close};
    }
    const json::value body{{"id", "x"},
                           {"status", "starting"},
                           {"output", nullptr},
                           {"input", json::object()},
                           {"urls", {{"stream", events_at}}}};
    return answer(201, json::serialize(body), "Content-Type: application/json\r\n");
  });
  picture = provider.url("/picture.png");
  events_at = provider.url("/v1/stream/x");
  RunningServer server(Environment{{"REPLICATE_API_TOKEN", "r8_token_of_ours"},
                                   {"REPLICATE_BASE_URL", provider.url("/v1")},
                                   {"DOWNLOAD_ALLOW_NETWORKS", "127.0.0.1/32"}});
  const json::object prediction = server.send(create_request(wish, {})).json().as_object();
  const std::string link = path_of_url(text(prediction.at("urls").as_object(), "stream"));
  CHECK(link.starts_with("/replicate/v1/"));
  const HttpResponse events = server.get(
      link,
      {{"Accept", "text/event-stream"}, {"Last-Event-ID", "7"}, {"Authorization", "x"}, {"X-Of-The-Caller", "x"}});
  CHECK(events.status == 200);
  CHECK(events.body.starts_with("event: output\ndata: words\n\nevent: output\ndata: http"));
  CHECK(is_hosted(events.body));
  CHECK(events.body.ends_with("event: done\ndata: {}\n\n"));
  std::string forged = link;
  forged[forged.size() - 2] = forged[forged.size() - 2] == 'A' ? 'B' : 'A';
  CHECK(server.get(forged).status == 403);
}

TEST_CASE("replicate drop-in: a link to events leads only where downloads may go and gives nothing but events") {
  std::string events_at;
  std::atomic<int> followed = 0;
  LoopbackServer provider([&](const ServedRequest& request) {
    if (request.target == "/secret") ++followed;
    if (request.target == "/secret") return answer(200, "the keys", "Content-Type: text/plain\r\n");
    return answer(201, json::serialize(json::value{{"id", "x"}, {"urls", {{"stream", events_at}}}}),
                  "Content-Type: application/json\r\n");
  });
  events_at = provider.url("/secret");
  for (const bool may_follow : {false, true}) {
    RunningServer server(Environment{{"REPLICATE_API_TOKEN", "r8_token_of_ours"},
                                     {"REPLICATE_BASE_URL", provider.url("/v1")},
                                     {"DOWNLOAD_ALLOW_NETWORKS", may_follow ? "127.0.0.1/32" : ""}});
    const json::object prediction = server.send(create_request(wish, {})).json().as_object();
    const HttpResponse events = server.get(path_of_url(text(prediction.at("urls").as_object(), "stream")));
    CHECK(events.status == (may_follow ? 502 : 503));
    CHECK(events.json().at("status") == json::value(events.status));
    CHECK(events.body.find("the keys") == std::string::npos);
    CHECK(followed == (may_follow ? 1 : 0));
  }
}

TEST_CASE("replicate drop-in: what is posted to a webhook's address is given no signature and the address not told") {
  ReplicateSdk sdk(Environment{{"PUBLIC_BASE_URL", "https://images.example.com"}});
  std::string heard;
  LoopbackServer receiver([&](const ServedRequest& request) {
    heard = request.body;
    return answer(200, "");
  });
  const std::string theirs = receiver.url("/hook?of=mine"), events = "http://127.0.0.1:9/secret";
  json::value body = wish;
  body.as_object()["webhook"] = theirs;
  const std::string id = text(sdk.created(body, {}), "id");
  const std::string address = text(sdk.it.replicate.create_body(id), "webhook");
  json::value forged{{"id", id}, {"status", "succeeded"}, {"webhook", address}, {"urls", {{"stream", events}}}};
  const Webhook posted{.body = json::serialize(forged), .secret = sdk.it.replicate.webhook_secret()};
  CHECK(send_webhook(posted, sdk.it.server.port(), path_of_url(address)).status == 200);
  forged.as_object()["webhook"] = theirs;
  CHECK(json::parse(heard) == forged);
  forged.as_object()["webhook"] = address;

  const std::string deep = std::string(100, '[') + std::string(100, ']');  // not read, and sent on nevertheless
  const Webhook unread{.body = R"({"deep":)" + deep + "}", .secret = posted.secret};
  CHECK(send_webhook(unread, sdk.it.server.port(), path_of_url(address)).status == 200);
  CHECK(heard == unread.body);

  LoopbackServer provider(
      [&](const ServedRequest&) { return answer(200, json::serialize(forged), "Content-Type: application/json\r\n"); });
  RunningServer server(Environment{{"PUBLIC_BASE_URL", "https://images.example.com"},
                                   {"REPLICATE_API_TOKEN", "r8_token_of_ours"},
                                   {"REPLICATE_BASE_URL", provider.url("/v1")}});
  CHECK(text(server.api("GET", "/replicate/v1/predictions/x").json().as_object(), "webhook") == theirs);
}

TEST_CASE(
    "replicate drop-in: the secret told is that of who signs, and Replicate's own is told to no key of one user") {
  const auto secret = [](RunningServer& server, const Headers& headers) {
    return server.send({"GET", "/replicate/v1/webhooks/default/secret", headers});
  };
  const auto key_for_bob = [](RunningServer& server) {
    const std::string made = server.process().run({"keys", "create", "--name", "bobs", "--user", "bob"}).out;
    return Headers{{"Authorization", "Bearer " + made.substr(0, made.size() - 1)}};
  };
  {
    ReplicateSdk sdk(Environment{{"PUBLIC_BASE_URL", "https://images.example.com"}});
    const std::string ours = text(secret(sdk.it.server, with_key).json().as_object(), "key");
    CHECK(ours.starts_with("whsec_"));
    CHECK(ours != sdk.it.replicate.webhook_secret());
    CHECK(secret(sdk.it.server, key_for_bob(sdk.it.server)).status == 200);
  }
  for (const Environment& signed_there :
       {Environment{{"PUBLIC_BASE_URL", "http://images.example.com"}},
        Environment{{"PUBLIC_BASE_URL", "https://images.example.com"}, {"IMAGE_HOSTING_ENABLED", "false"}}}) {
    ReplicateSdk sdk(signed_there);
    auto& server = sdk.it.server;
    Headers headers = key_for_bob(server);
    CHECK(secret(server, headers).status == 403);
    headers = {{"X-Lightfast-Key", headers.front().second.substr(7)},
               {"Authorization", "Bearer " + sdk.it.replicate.token()}};
    for (const Headers& allowed : {with_key, headers}) {
      CHECK(text(secret(server, allowed).json().as_object(), "key") == sdk.it.replicate.webhook_secret());
    }
  }
}

TEST_CASE("replicate drop-in: a caller's webhook comes through this server with hosted images and our signature") {
  ReplicateSdk sdk(Environment{{"PUBLIC_BASE_URL", "https://images.example.com"}});
  auto& server = sdk.it.server;
  std::vector<ServedRequest> heard;
  std::atomic<int> status = 500;
  LoopbackServer receiver([&](const ServedRequest& request) {
    heard.push_back(request);
    return answer(status, "");
  });
  json::value body = wish;
  body.as_object()["webhook"] = receiver.url("/hook?of=mine");
  const std::string id = text(sdk.created(body, {{"prefer", "wait"}, {"X-Lightfast-User", "ana"}}), "id");
  const std::string address = text(sdk.it.replicate.create_body(id), "webhook");
  REQUIRE(address.starts_with("https://images.example.com/replicate/v1/lightfast-webhooks/"));
  const Webhook posted = sdk.it.replicate.webhook_of(id);

  CHECK(send_webhook(posted, server.port(), path_of_url(address)).status == 502);  // to be sent again
  status = 200;
  CHECK(send_webhook(posted, server.port(), path_of_url(address)).status == 200);
  REQUIRE(heard.size() == 2);
  const ServedRequest& last = heard.back();
  CHECK(last.target == "/hook?of=mine");
  CHECK(is_hosted(only_output(json::parse(last.body).as_object())));
  CHECK(last.headers.at("webhook-id") == posted.id);
  const std::string secret = text(
      server.send({"GET", "/replicate/v1/webhooks/default/secret", {with_key.front(), {"X-Lightfast-User", "ana"}}})
          .json()
          .as_object(),
      "key");
  Webhook expected{.id = posted.id, .body = last.body, .secret = secret};
  expected.sent_at = std::chrono::sys_seconds(std::chrono::seconds(std::stoll(last.headers.at("webhook-timestamp"))));
  CHECK(last.headers.at("webhook-signature") == webhook_signature(expected));

  std::string forged = path_of_url(address);
  forged[forged.size() - 3] = forged[forged.size() - 3] == 'A' ? 'B' : 'A';
  CHECK(send_webhook(posted, server.port(), forged).status == 403);
  CHECK(heard.size() == 2);
}

TEST_CASE("replicate drop-in: pages of the listed origins may call it with their SDK's own fields") {
  RunningServer server(Environment{{"CORS_ALLOW_ORIGINS", "https://app.example"}});
  const HttpResponse preflight = server.send({"OPTIONS",
                                              models,
                                              {{"Origin", "https://app.example"},
                                               {"Access-Control-Request-Method", "POST"},
                                               {"Access-Control-Request-Headers", "authorization,prefer"}}});
  CHECK(preflight.status == 204);
  CHECK(preflight.header("Access-Control-Allow-Headers") == "Authorization, *");
  const HttpResponse refused = server.send({"POST", models, {{"Origin", "https://app.example"}}, "{}"});
  CHECK(refused.status == 401);
  CHECK(refused.header("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(refused.header("Access-Control-Expose-Headers") == "*");
}

}  // namespace
}  // namespace lightfast::test
