#include "server/providers/replicate_wire.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::providers::replicate {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

const Api api{"https://api.replicate.com/v1", "r8_TEST"};
const Timestamp now = *parse_iso8601("2026-11-28T10:00:00Z");

GenerationRequest request_for(std::string model, std::string input = R"({"aspect_ratio":"16:9"})") {
  GenerationRequest request;
  request.model = std::move(model);
  request.prompt = "cat";
  request.input = std::move(input);
  return request;
}

HttpResult answer(int status, std::string body, HttpHeaders headers = {}) {
  HttpAnswer out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  return out;
}

// A prediction as the API documents it, with these members changed.
std::string prediction(const std::string& changes) {
  json::object object = json::parse(R"({"id":"gm3qorzdhgbfurvjtvhg6dckhu","model":"black-forest-labs/flux-schnell",
    "version":"hidden","input":{"prompt":"cat"},"logs":"","output":null,"data_removed":false,"error":null,
    "status":"starting","source":"api","created_at":"2026-11-28T10:00:00.123Z","urls":{
    "get":"https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu",
    "cancel":"https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel",
    "web":"https://replicate.com/p/gm3qorzdhgbfurvjtvhg6dckhu"}})")
                            .as_object();
  const json::value changed = json::parse(changes);
  for (const auto& member : changed.as_object()) object[member.key()] = member.value();
  return json::serialize(object);
}

Prediction read(const std::string& changes) {
  return read_prediction(prediction(changes)).value();
}

std::vector<std::string> outputs_of(const std::string& output) {
  const Prediction read_one = read(R"({"status":"succeeded","output":)" + output + "}");
  std::vector<std::string> urls;
  for (const Output& one : read_one.outputs) urls.push_back(one.url);
  return urls;
}

using Urls = std::vector<std::string>;

TEST_CASE("each way to name a model is called in its own way") {
  const std::string version(64, 'a');
  struct Row {
    std::string model, path, body;
  };
  const Row table[] = {
      {"black-forest-labs/flux-schnell", "/models/black-forest-labs/flux-schnell/predictions",
       R"({"input":{"aspect_ratio":"16:9","prompt":"cat"}})"},
      {"stability-ai/sdxl:" + version, "/predictions",
       R"({"version":")" + version + R"(","input":{"aspect_ratio":"16:9","prompt":"cat"}})"},
      {version, "/predictions", R"({"version":")" + version + R"(","input":{"aspect_ratio":"16:9","prompt":"cat"}})"},
      {"deployments/acme/my-flux", "/deployments/acme/my-flux/predictions",
       R"({"input":{"aspect_ratio":"16:9","prompt":"cat"}})"},
      {"deployments/flux", "/models/deployments/flux/predictions",
       R"({"input":{"aspect_ratio":"16:9","prompt":"cat"}})"},
  };
  for (const Row& row : table) {
    INFO(row.model);
    const auto call = create_call(api, request_for(row.model), seconds(0));
    REQUIRE(call);
    CHECK(call->method == "POST");
    CHECK(call->url == api.base_url + row.path);
    CHECK(json::parse(call->body) == json::parse(row.body));
    CHECK(call->connection == HttpConnection::fresh);
    CHECK(find_header(call->headers, "Authorization") == "Bearer r8_TEST");
    CHECK(find_header(call->headers, "Content-Type") == "application/json");
    CHECK_FALSE(find_header(call->headers, "Prefer").has_value());
  }
}

TEST_CASE("what is no model, or no input, is refused before anything is paid") {
  for (const char* model : {"", "flux", "a/b/c", "a/", "/b", "a/b:", ":x", "a/../b", "../b", "a/b?x", "a b/c", "a/b/",
                            "deployments/a/b/c", "deployments/a/", "https://x/y"}) {
    INFO(model);
    const auto call = create_call(api, request_for(model), seconds(0));
    REQUIRE_FALSE(call);
    CHECK(call.error().code == Errc::invalid_request);
  }
  for (const char* input : {"[]", "1", "{", "null"}) {
    INFO(input);
    CHECK_FALSE(create_call(api, request_for("a/b", input), seconds(0)));
  }
}

TEST_CASE("the prompt goes into the input, unless the input has its own") {
  const auto body_of = [](const GenerationRequest& request) {
    return json::parse(create_call(api, request, seconds(0))->body);
  };
  CHECK(body_of(request_for("a/b", "")) == json::parse(R"({"input":{"prompt":"cat"}})"));
  CHECK(body_of(request_for("a/b", R"({"prompt":"dog"})")) == json::parse(R"({"input":{"prompt":"dog"}})"));
}

TEST_CASE("Replicate is asked to wait at most a minute, and the call waits longer than that") {
  CHECK(find_header(create_call(api, request_for("a/b"), seconds(1))->headers, "Prefer") == "wait=1");
  const auto call = create_call(api, request_for("a/b"), seconds(300));
  CHECK(find_header(call->headers, "Prefer") == "wait=60");
  CHECK(call->timeout > seconds(60));
}

TEST_CASE("a webhook is asked for only where it can be called") {
  GenerationRequest request = request_for("a/b");
  request.webhook_url = "https://host/v1/webhooks/replicate";
  const json::value body = json::parse(create_call(api, request, seconds(0))->body);
  CHECK(body.at("webhook") == json::value(request.webhook_url));
  CHECK(body.at("webhook_events_filter") == json::parse(R"(["completed"])"));
  request.webhook_url = "http://localhost:8080/v1/webhooks/replicate";
  CHECK(json::parse(create_call(api, request, seconds(0))->body).as_object().contains("webhook") == false);
}

TEST_CASE("a prediction is polled under its id, whatever stands in it") {
  CHECK(poll_call(api, "gm3q").url == "https://api.replicate.com/v1/predictions/gm3q");
  CHECK(poll_call(api, "../files?x").url == "https://api.replicate.com/v1/predictions/..%2Ffiles%3Fx");
}

TEST_CASE("the states are told apart, and unknown ones waited out") {
  const auto state_of = [](const char* status) {
    return read(std::string(R"({"output":["https://replicate.delivery/a.webp"],"status":")") + status + "\"}").state;
  };
  CHECK(state_of("starting") == Prediction::State::running);
  CHECK(state_of("processing") == Prediction::State::running);
  CHECK(state_of("queued-or-some-new-word") == Prediction::State::running);
  CHECK(state_of("succeeded") == Prediction::State::succeeded);
  CHECK(state_of("successful") == Prediction::State::succeeded);
  CHECK(state_of("failed") == Prediction::State::failed);
  CHECK(state_of("canceled") == Prediction::State::failed);
  CHECK(state_of("aborted") == Prediction::State::failed);
}

TEST_CASE("a failed prediction says why, with its id") {
  const auto error_of = [](const std::string& changes) { return read(changes).error.value(); };
  const Error filtered = error_of(R"({"status":"failed","error":"NSFW content detected. Try running it again."})");
  CHECK(filtered.code == Errc::provider_failed);
  CHECK(filtered.detail == "the generation failed: NSFW content detected. Try running it again.");
  CHECK(filtered.members ==
        std::vector<std::pair<std::string, std::string>>{{"prediction_id", "gm3qorzdhgbfurvjtvhg6dckhu"}});
  CHECK(error_of(R"({"status":"failed"})").detail == "the generation failed: no reason given");
  CHECK(error_of(R"({"status":"failed","error":{"detail":"bad\nthing"}})").detail ==
        "the generation failed: bad thing");
  CHECK(error_of(R"({"status":"canceled"})").detail.find("was canceled") != std::string::npos);
  CHECK(error_of(R"({"status":"aborted","error":"deadline"})").detail == "the generation was aborted: deadline");
}

TEST_CASE("outputs of every shape are found") {
  CHECK(outputs_of(R"("https://replicate.delivery/a.webp")") == Urls{"https://replicate.delivery/a.webp"});
  CHECK(outputs_of(R"(["https://r/a.png","https://r/b.png"])") == Urls{"https://r/a.png", "https://r/b.png"});
  CHECK(outputs_of(R"([null,"https://r/a.png",null])") == Urls{"https://r/a.png"});
  CHECK(outputs_of(R"(["https://r/a.png","https://r/a.png"])") == Urls{"https://r/a.png"});
  CHECK(outputs_of(R"({"image":"https://r/a.png","seed":7,"more":{"x":[["http://r/b"]]}})") ==
        Urls{"https://r/a.png", "http://r/b"});
  CHECK(outputs_of(R"("data:image/png;base64,AAAA")") == Urls{"data:image/png;base64,AAAA"});
  CHECK(outputs_of(R"(["data:application/octet-stream;base64,AA==","HTTPS://R/a"])") ==
        Urls{"data:application/octet-stream;base64,AA==", "HTTPS://R/a"});
  CHECK(outputs_of(R"(["https://r/a.png?sig=a%2Bb/c"])") == Urls{"https://r/a.png?sig=a%2Bb/c"});
}

TEST_CASE("outputs that are no images stand back where there are images") {
  CHECK(outputs_of(R"(["https://r/a.png","https://r/a.json","https://r/v.mp4?x","data:text/plain,x"])") ==
        Urls{"https://r/a.png"});
  CHECK(outputs_of(R"({"video":"https://r/v.mp4"})") == Urls{"https://r/v.mp4"});
  CHECK(outputs_of(R"(["https://r/x.mp4/y","https://r/v.mp4"])") == Urls{"https://r/x.mp4/y"});
}

TEST_CASE("a success without an image is a failure") {
  for (const char* output : {"null", "[]", "\"\"", "{}", "\"some text\"", "[null]", "42", "\"https://r/a and more\"",
                             "\"ftp://r/a.png\"", "[[[[]]]]"}) {
    INFO(output);
    const Prediction empty = read(R"({"status":"succeeded","output":)" + std::string(output) + "}");
    CHECK(empty.state == Prediction::State::failed);
    CHECK(empty.error->code == Errc::provider_failed);
  }
  const Prediction removed = read(R"({"status":"succeeded","output":null,"data_removed":true})");
  CHECK(removed.state == Prediction::State::failed);
  CHECK(removed.error->code == Errc::source_gone);
}

TEST_CASE("an error beside an output that is there does no harm") {
  CHECK(read(R"({"status":"succeeded","error":"warning","output":"https://r/a.png"})").outputs.size() == 1);
}

TEST_CASE("hostile outputs are bounded") {
  std::string deep(30, '[');
  deep += "\"https://r/a.png\"" + std::string(30, ']');
  CHECK(read(R"({"status":"succeeded","output":)" + deep + "}").state == Prediction::State::failed);
  std::string many = "[";
  for (int i = 0; i < 5000; ++i) many += "\"https://r/" + std::to_string(i) + "\",";
  many.back() = ']';
  CHECK(outputs_of(many).size() == 100);
}

TEST_CASE("in wait mode a processing answer with its output is complete, elsewhere a list still grows") {
  const std::string body = prediction(R"({"status":"processing","output":["https://r/a.png"]})");
  CHECK(read_create(answer(201, body), Phase::waited, now).prediction->state == Prediction::State::succeeded);
  CHECK(read_create(answer(201, body), Phase::polled, now).prediction->state == Prediction::State::running);
  CHECK(read_poll(answer(200, body), "x", now)->state == Prediction::State::running);
  const std::string holes = prediction(R"({"status":"processing","output":["https://r/a.png",null]})");
  CHECK(read_create(answer(201, holes), Phase::waited, now).prediction->state == Prediction::State::running);
  const std::string none = prediction(R"({"status":"processing"})");
  CHECK(read_create(answer(201, none), Phase::waited, now).prediction->state == Prediction::State::running);
  const std::string starting = prediction(R"({"status":"starting","output":["https://r/a.png"]})");
  CHECK(read_create(answer(202, starting), Phase::waited, now).prediction->state == Prediction::State::running);
}

TEST_CASE("a created prediction comes with all that is worth keeping") {
  for (const int status : {200, 201, 202}) {
    const CreateOutcome outcome = read_create(answer(status, prediction("{}")), Phase::waited, now);
    REQUIRE(outcome.prediction.has_value());
    const Prediction& made = *outcome.prediction;
    CHECK(made.id == "gm3qorzdhgbfurvjtvhg6dckhu");
    CHECK(made.model == "black-forest-labs/flux-schnell");
    CHECK(made.poll_url == "https://api.replicate.com/v1/predictions/gm3qorzdhgbfurvjtvhg6dckhu");
    CHECK(json::parse(made.raw).at("version") == json::value("hidden"));
    CHECK(to_iso8601(*made.outputs_fade_at) == "2026-11-28T11:00:00Z");
  }
  CHECK(to_iso8601(*read(R"({"completed_at":"2026-11-28T10:05:00Z"})").outputs_fade_at) == "2026-11-28T11:05:00Z");
}

TEST_CASE("what Replicate tells of the making is kept: its seconds, and the seed of the input or the logs") {
  const auto details = [](const std::string& changes) { return read(changes).details; };
  CHECK(json::parse(details(R"({"metrics":{"predict_time":1.5,"total_time":2.5}})")).at("seconds") == 1.5);
  CHECK(json::parse(details(R"({"input":{"seed":7},"logs":"Using seed: 8\n"})")) == json::parse(R"({"seed":7})"));
  CHECK(details(R"({"logs":"loading\nUsing seed: 42\n100%"})") == R"({"seed":42})");
  CHECK(details(R"({"logs":"Using seed: 4294967295"})") == R"({"seed":4294967295})");
  for (const char* silent : {"{}", R"({"logs":"Using seed: none"})", R"({"logs":null,"metrics":{"predict_time":"x"}})",
                             R"({"input":{"seed":"7"},"metrics":[]})"}) {
    CHECK(details(silent).empty());
  }
}

TEST_CASE("refusals of a create are told apart") {
  struct Row {
    int status;
    std::string body;
    Errc code;
    bool may_be_accepted, may_try_again;
    std::string words;
  };
  const Row table[] = {
      {401, R"({"title":"Unauthenticated","detail":"You did not pass an authentication token","status":401})",
       Errc::provider_unavailable, false, false, "You did not pass an authentication token"},
      {403, "{}", Errc::provider_unavailable, false, false, "credentials"},
      {402, R"({"title":"Insufficient credit","detail":"You have no credit left.","status":402})",
       Errc::provider_unavailable, false, false, "You have no credit left."},
      {422, R"({"title":"Input validation failed","detail":"- prompt is required\n","status":422,
        "invalid_fields":[{"type":"required","field":"","description":"prompt is required"}]})",
       Errc::provider_rejected, false, false, "- prompt is required"},
      {400, R"({"error":{"message":"bad"}})", Errc::provider_rejected, false, false, "bad"},
      {404, R"({"detail":"The requested resource could not be found.","status":404})", Errc::provider_rejected, false,
       false, "owner/name:version"},
      {413, "too big", Errc::provider_rejected, false, false, "too big"},
      {429, "{}", Errc::provider_unavailable, false, true, "rate limit"},
      {500, "<html>oops</html>", Errc::provider_failed, true, false, "Replicate answered 500"},
      {502, "", Errc::provider_failed, true, false, "502"},
      {503, "", Errc::provider_failed, true, false, "503"},
      {408, "", Errc::provider_failed, true, false, "408"},
      {302, "", Errc::provider_failed, true, false, "302"},
      {201, "not json", Errc::provider_failed, true, false, "could not be read"},
      {201, R"({"status":"starting"})", Errc::provider_failed, true, false, "could not be read"},
      {201, R"([])", Errc::provider_failed, true, false, "could not be read"},
  };
  for (const Row& row : table) {
    INFO(row.status << " " << row.body);
    const CreateOutcome outcome = read_create(answer(row.status, row.body), Phase::waited, now);
    CHECK_FALSE(outcome.prediction.has_value());
    CHECK(outcome.error.code == row.code);
    CHECK(outcome.may_be_accepted == row.may_be_accepted);
    CHECK(outcome.may_try_again == row.may_try_again);
    CHECK(outcome.error.detail.find(row.words) != std::string::npos);
    CHECK(outcome.error.detail.find('<') == std::string::npos);
    CHECK(outcome.error.detail.find('\n') == std::string::npos);
  }
}

TEST_CASE("a create that failed on its way may be sent again only if it never left") {
  const auto outcome_of = [](Errc code, bool sent) {
    return read_create(HttpFailure{{code, "x"}, sent, false}, Phase::waited, now);
  };
  const CreateOutcome refused = outcome_of(Errc::download_failed, false);
  CHECK_FALSE(refused.may_be_accepted);
  CHECK(refused.may_try_again);
  CHECK(refused.error.code == Errc::provider_unavailable);
  const CreateOutcome reset = outcome_of(Errc::download_failed, true);
  CHECK(reset.may_be_accepted);
  CHECK_FALSE(reset.may_try_again);
  CHECK(reset.error.code == Errc::provider_failed);
  const CreateOutcome slow = outcome_of(Errc::download_timeout, true);
  CHECK(slow.may_be_accepted);
  CHECK(slow.error.code == Errc::provider_timeout);
  CHECK(outcome_of(Errc::overloaded, false).error.code == Errc::overloaded);
  CHECK_FALSE(outcome_of(Errc::invalid_request, false).may_try_again);
}

TEST_CASE("when to come again is found in the header, the body or the text") {
  const auto wait = [](std::string body, HttpHeaders headers = {}) {
    const auto error = read_create(answer(429, std::move(body), std::move(headers)), Phase::waited, now).error;
    return error.retry_after ? error.retry_after->count() : -1;
  };
  CHECK(wait("{}", {{"retry-after", "7"}}) == 7);
  CHECK(wait("{}", {{"Retry-After", "Sat, 28 Nov 2026 10:00:09 GMT"}}) == 9);
  CHECK(wait("{}", {{"Retry-After", "Sat, 28 Nov 2026 09:00:00 GMT"}}) == 0);
  CHECK(wait("{}", {{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}) == 86'400);
  CHECK(wait(R"({"retry_after":11})") == 11);
  CHECK(wait(R"({"detail":"Request was throttled. Your rate limit resets in ~30s."})") == 30);
  CHECK(wait(R"({"detail":"Request was throttled. Your rate limit resets in ~2m."})") == 120);
  CHECK(wait(R"({"detail":"resets in ~30s","retry_after":5})", {{"retry-after", "3"}}) == 3);
  CHECK(wait(R"({"detail":"slow down"})") == -1);
  CHECK(wait(R"({"detail":"resets in a while, error 12345"})") == -1);
  CHECK(wait("{}", {{"retry-after", "soon"}}) == -1);
  CHECK(wait("{}", {{"retry-after", "999999999999999999999"}}) == -1);
}

TEST_CASE("a poll that fails is to be asked again, but a prediction nobody knows has failed") {
  for (const int status : {429, 500, 502, 503, 504, 401, 302, 400}) {
    INFO(status);
    CHECK_FALSE(read_poll(answer(status, "{}"), "gm3q", now));
  }
  CHECK_FALSE(read_poll(answer(200, "<html>"), "gm3q", now));
  CHECK_FALSE(read_poll(HttpFailure{{Errc::download_failed, "x"}, true, false}, "gm3q", now));
  CHECK(read_poll(answer(429, "{}", {{"Retry-After", "2"}}), "gm3q", now).error().retry_after == seconds(2));
  const auto unknown = read_poll(answer(404, R"({"detail":"not found"})"), "gm3q", now);
  REQUIRE(unknown);
  CHECK(unknown->state == Prediction::State::failed);
  CHECK(unknown->error->members.at(0).second == "gm3q");
}

TEST_CASE("the raw answer is kept within its limit, inline images cut") {
  const Prediction inlined =
      read(R"({"status":"succeeded","output":"data:image/png;base64,)" + std::string(1'000'000, 'A') + "\"}");
  CHECK(inlined.outputs.at(0).url.size() > 1'000'000);
  CHECK(inlined.raw.size() < 4'096);
  CHECK(json::parse(inlined.raw).at("output").as_string().find("(1000022 bytes)") != std::string::npos);
  std::string lines = "[";
  for (int i = 0; i < 10'000; ++i) lines += "\"https://replicate.delivery/" + std::to_string(i) + "\",";
  lines.back() = ']';
  const Prediction listed = read(R"({"status":"succeeded","output":)" + lines + "}");
  CHECK(listed.raw.size() <= 65'536);
  CHECK(json::parse(listed.raw).at("id") == json::value("gm3qorzdhgbfurvjtvhg6dckhu"));
  std::string odd = R"({"status":"succeeded","output":"https://r/a.png")";
  for (int i = 0; i < 5'000; ++i) odd += ",\"member" + std::to_string(i) + "\":\"" + std::string(20, 'x') + "\"";
  CHECK(json::parse(read(odd + "}").raw) == json::parse(R"({"cut":true})"));
}

std::string listed(const char* id, const char* created_at, const char* changes = "{}") {
  json::object object = json::parse(prediction(changes)).as_object();
  object["id"] = id;
  object["created_at"] = created_at;
  if (!json::parse(changes).as_object().contains("input")) {
    object["input"] = {{"prompt", "cat"}, {"aspect_ratio", "16:9"}};
  }
  return json::serialize(object);
}

std::string listing(const std::vector<std::string>& items, const std::string& next = "null") {
  std::string out = R"({"previous":null,"next":)" + next + R"(,"results":[)";
  for (const std::string& item : items) out += item + ",";
  if (!items.empty()) out.pop_back();
  return out + "]}";
}

TEST_CASE("a lost prediction is found by its model, input and time") {
  const auto found = [](const std::vector<std::string>& items,
                        const std::string& model = "black-forest-labs/flux-schnell", const IsTaken& is_taken = {}) {
    const auto prediction_found = find_in_listing(listing(items), request_for(model), now, is_taken);
    return prediction_found ? prediction_found->id : "none";
  };
  CHECK(found({listed("a", "2026-11-28T10:00:01.5Z")}) == "a");
  CHECK(found({listed("a", "2026-11-28T09:59:30Z")}) == "a");
  CHECK(found({listed("a", "2026-11-28T09:58:30Z")}) == "none");
  CHECK(found({listed("a", "2026-11-28T10:20:00Z")}) == "none");
  CHECK(found({listed("a", "nonsense")}) == "none");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", R"({"model":"x/y"})")}) == "none");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", R"({"input":{"prompt":"dog","aspect_ratio":"16:9"}})")}) == "none");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", R"({"input":{"prompt":"cat"}})")}) == "none");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z",
                      R"({"input":{"seed":1.0,"aspect_ratio":"16:9","prompt":"cat","go_fast":true}})")}) == "a");
  CHECK(found({listed("b", "2026-11-28T10:00:02Z"), listed("a", "2026-11-28T10:00:01Z")}) == "a");
  CHECK(found({listed("b", "2026-11-28T10:00:02Z"), listed("a", "2026-11-28T10:00:01Z")},
              "black-forest-labs/flux-schnell", [](const std::string& id) { return id == "a"; }) == "b");
  CHECK(found({}) == "none");
  const std::string version(64, 'b');
  const std::string versioned = R"({"version":")" + version + "\"}";
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", versioned.c_str())}, version) == "a");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", versioned.c_str())}, "black-forest-labs/flux-schnell:" + version) ==
        "a");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", versioned.c_str())}, std::string(64, 'c')) == "none");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z", R"({"deployment":"acme/d"})")}, "deployments/acme/d") == "a");
  CHECK(found({listed("a", "2026-11-28T10:00:01Z")}, "deployments/acme/d") == "none");
  CHECK_FALSE(find_in_listing("not json", request_for("a/b"), now, {}).has_value());
  CHECK_FALSE(find_in_listing(R"({"results":{"a":1}})", request_for("a/b"), now, {}).has_value());
}

TEST_CASE("numbers in a lost prediction's input are compared as numbers") {
  GenerationRequest request = request_for("black-forest-labs/flux-schnell", R"({"seed":1,"guidance":3.5})");
  const auto matches = [&](const char* input) {
    return find_in_listing(listing({listed("a", "2026-11-28T10:00:01Z", input)}), request, now, {}).has_value();
  };
  CHECK(matches(R"({"input":{"prompt":"cat","seed":1.0,"guidance":3.5}})"));
  CHECK_FALSE(matches(R"({"input":{"prompt":"cat","seed":2,"guidance":3.5}})"));
  CHECK_FALSE(matches(R"({"input":{"prompt":"cat","seed":"1","guidance":3.5}})"));
}

TEST_CASE("older pages of a listing are read as far as needed, and only from the API itself") {
  CHECK(reaches_back_to(listing({listed("a", "2026-11-28T09:58:00Z")}), now));
  CHECK_FALSE(reaches_back_to(listing({listed("a", "2026-11-28T10:00:00Z")}), now));
  CHECK(reaches_back_to(listing({}), now));
  const auto next = next_list_call(api, listing({}, R"("https://api.replicate.com/v1/predictions?cursor=a%2Bb")"));
  REQUIRE(next.has_value());
  CHECK(next->url == "https://api.replicate.com/v1/predictions?cursor=a%2Bb");
  CHECK_FALSE(next_list_call(api, listing({})).has_value());
  CHECK_FALSE(next_list_call(api, listing({}, R"("https://evil.example/v1/predictions")")).has_value());
  CHECK_FALSE(next_list_call(api, listing({}, R"("http://api.replicate.com/v1/predictions")")).has_value());
  CHECK_FALSE(next_list_call(api, "x").has_value());
}

TEST_CASE("the webhook secret is read") {
  CHECK(read_webhook_secret(R"({"key":"whsec_AAAA"})") == "whsec_AAAA");
  CHECK_FALSE(read_webhook_secret(R"({"key":"AAAA"})").has_value());
  CHECK_FALSE(read_webhook_secret("").has_value());
}

}  // namespace
}  // namespace lightfast::providers::replicate
