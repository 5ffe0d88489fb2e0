// What goes wrong at the provider, and what the caller is told of it.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const Environment impatient = {{"PROVIDER_TIMEOUT_SECONDS", "3"}};

bool nothing_is_left(const GeneratingServer& it) {
  return it.server.image_files().empty() && it.server.leftovers().empty();
}

TEST_CASE("failure: what the provider refuses has the contract's codes, and is not asked for again") {
  GeneratingServer it;
  struct Refusal {
    Fault fault;
    int status;
    const char* code;
    const char* word;  // of the provider's message
  };
  const std::vector<Refusal> refusals = {
      {unauthenticated(), 503, "provider_unavailable", "authentication token"},
      {insufficient_credit(), 503, "provider_unavailable", "insufficient credit"},
      {input_rejected("aspect_ratio must be one of"), 422, "provider_rejected", "aspect_ratio must be one of"},
      {{.status = 404, .body = R"({"detail":"The requested resource could not be found."})"},
       422,
       "provider_rejected",
       "could not be found"},
      {throttled(3600), 503, "provider_unavailable", "throttled"},
      {throttled(std::nullopt, 900), 503, "provider_unavailable", "throttled"},
  };
  int requests = 0;
  for (const Refusal& refusal : refusals) {
    it.replicate.fail_creates({refusal.fault});
    const HttpResponse response = it.generate();
    check_problem(response, refusal.status, refusal.code);
    CHECK(response.body.find(refusal.word) != std::string::npos);
    CHECK(it.replicate.create_requests() == ++requests);
  }
  CHECK(it.replicate.creates() == 0);
  CHECK(nothing_is_left(it));
}

TEST_CASE("failure: a rate limit is waited out, whether a header or a text says for how long") {
  GeneratingServer it;
  it.replicate.fail_creates({throttled(1), throttled(std::nullopt, 1)});
  it.generated();
  CHECK(it.replicate.create_requests() == 3);
  CHECK(it.replicate.creates() == 1);
}

TEST_CASE("failure: a create whose answer is lost is found in the listing, and not paid for again") {
  GeneratingServer it;
  it.replicate.fail_creates({accepted_then_reset()});
  const json::object image = it.generated("the lost one");
  CHECK(text(image, "prediction_id") == it.replicate.ids().front());
  CHECK(it.replicate.create_requests() == 1);
  // Others with another prompt, and one of the same that is another job's, are not taken for it.
  it.generated("another");
  it.replicate.fail_creates({accepted_then_reset()});
  const json::object again = it.generated("the lost one");
  CHECK(text(again, "prediction_id") == it.replicate.ids().back());
  CHECK(it.replicate.creates() == 3);
}

TEST_CASE("failure: of several creates that are lost at once each finds a prediction of its own") {
  GeneratingServer it;
  it.replicate.fail_creates(std::vector<Fault>(4, accepted_then_reset()));
  std::vector<std::string> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(text(it.promised("the same prompt"), "job_id"));
  std::set<std::string> predictions;
  for (const std::string& job : jobs) predictions.insert(text(it.ended_job(job), "prediction_id"));
  CHECK(predictions.size() == 4);
  CHECK(it.replicate.create_requests() == 4);
}

TEST_CASE("failure: a create that may have been accepted and is nowhere to be found fails, unpaid a second time") {
  GeneratingServer it(impatient);
  for (const Fault& fault : {server_error(500), connection_reset(), Fault{.status = 200, .body = "<html>hi</html>"}}) {
    it.replicate.fail_creates({fault});
    check_problem(it.generate(json::value{{"prompt", "x"}}), 502, "provider_failed");
  }
  it.replicate.fail_creates({connection_reset()});
  check_problem(
      it.generate(json::value{{"prompt", "x"}, {"providers", {{{"name", "replicate"}}, {{"name", "sample"}}}}}), 502,
      "provider_failed");
  CHECK(it.replicate.create_requests() == 4);
  CHECK(it.replicate.creates() == 0);
  CHECK(nothing_is_left(it));
}

TEST_CASE("failure: generations that fail, or give no image, are the provider's failure, with their id") {
  GeneratingServer it;
  std::vector<PredictionScript> scripts;
  for (const char* status : {"failed", "canceled", "aborted"}) {
    scripts.push_back({.final_status = status, .error = "NSFW content detected."});
    scripts.push_back({.statuses = {"starting"}, .final_status = status, .error = "NSFW content detected."});
  }
  const std::string page = it.replicate.host({.bytes = "<html>expired</html>", .content_type = "text/html"});
  const std::string claims = it.replicate.host({.bytes = "<html>expired</html>", .content_type = "image/png"});
  const std::string svg = it.replicate.host({.bytes = "<svg xmlns='http://www.w3.org/2000/svg'/>"});
  const std::string bomb = it.replicate.host({.bytes = png_claiming(60000, 60000)});
  for (const json::value& output :
       {json::value(nullptr), json::value(json::array()), json::value(""), json::value("just text"), json::value(page),
        json::value(claims), json::value(svg), json::value(bomb), json::value("data:image/png;base64,!!!")}) {
    scripts.push_back({.output = [output](std::uint32_t) { return output; }});
  }
  for (const PredictionScript& script : scripts) {
    it.replicate.script_next(script);
    const HttpResponse response = it.generate();
    INFO(script.final_status);
    check_problem(response, 502, "provider_failed");
    CHECK(text(response.json().as_object(), "prediction_id") == it.replicate.ids().back());
    if (script.final_status != "succeeded") CHECK(response.body.find("NSFW content") != std::string::npos);
  }
  CHECK(it.replicate.create_requests() == static_cast<int>(scripts.size()));
  CHECK(nothing_is_left(it));
}

TEST_CASE("failure: a fresh output that is not there yet is waited for") {
  GeneratingServer it;
  std::vector<json::object> promises;
  for (const int status : {404, 403, 503, 429}) {
    it.next_output(it.replicate.host({.bytes = png(9), .failing_fetches = 2, .failing_status = status}));
    promises.push_back(it.promised());
    REQUIRE(eventually([&] { return it.replicate.creates() == static_cast<int>(promises.size()); }));
  }
  for (const json::object& promise : promises) CHECK(it.server.get(it.server.path_of(promise)).body == png(9));
  CHECK(it.replicate.files().fetches() == 12);
}

TEST_CASE("failure: a body cut short is fetched again, with a length, chunked, or to the end of the connection") {
  GeneratingServer it;
  const std::string whole = png(3, 64, 64);
  std::atomic<int> fetches = 0;
  LoopbackServer delivery([&](const ServedRequest& request) -> ServedAnswer {
    const std::string type = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n";
    const std::string half = whole.substr(0, whole.size() / 2);
    if (++fetches % 2 == 0) return answer(200, whole);
    if (request.target == "/length") {
      return {type + "Content-Length: " + std::to_string(whole.size()) + "\r\n\r\n" + half, ServedAnswer::Then::close};
    }
    if (request.target == "/chunked") {
      return {type + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + whole.substr(0, 16) + "\r\n",
              ServedAnswer::Then::reset};
    }
    return {type + "\r\n" + half, ServedAnswer::Then::close};
  });
  for (const char* target : {"/length", "/chunked", "/end"}) {
    it.next_output(delivery.url(target));
    CHECK(it.server.get(it.server.path_of(it.generated())).body == whole);
  }
  CHECK(fetches == 6);
}

TEST_CASE("failure: outputs that stay away, cut or slow end in an error, and leave nothing behind") {
  GeneratingServer it(Environment{{"DOWNLOAD_TIMEOUT_SECONDS", "4"}});
  struct Case {
    FakeFile file;
    const char* code;
  };
  const std::vector<Case> cases = {
      {{.bytes = png(1), .failing_fetches = 1000, .failing_status = 404}, "source_gone"},
      {{.bytes = png(1), .failing_fetches = 1000, .failing_status = 503}, "download_failed"},
      {{.bytes = png(1), .cut_at = 50}, "download_failed"},
      {{.bytes = png(1), .cut_at = 50, .framing = FakeFile::Framing::end_of_connection}, "provider_failed"},
      {{.bytes = png(1, 64, 64), .drip_bytes = 10, .drip_pause = 100ms}, "download_timeout"},
  };
  std::vector<std::string> jobs;
  for (const Case& one : cases) {
    it.next_output(it.replicate.host(one.file));
    jobs.push_back(text(it.promised(), "job_id"));
    REQUIRE(eventually([&] { return it.replicate.creates() == static_cast<int>(jobs.size()); }));
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const json::object job = it.ended_job(jobs[i]);
    INFO(json::serialize(job));
    CHECK(text(job, "status") == "failed");
    CHECK(text(job.at("error").as_object(), "code") == cases[i].code);
    CHECK(job.at("image").is_null());
  }
  CHECK(nothing_is_left(it));
}

TEST_CASE("failure: redirects are followed, but never to where downloads may not go") {
  GeneratingServer it;
  const std::string file = it.replicate.host({.bytes = png(5)});
  const std::string port = std::to_string(it.server.process().port());
  it.next_output(it.replicate.host({.redirect_to = file, .redirect_status = 307}));
  CHECK(it.server.get(it.server.path_of(it.generated())).body == png(5));
  for (const std::string& target :
       {"http://127.0.0.2:" + port + "/healthz", "http://[::1]:" + port + "/healthz", std::string("http://10.0.0.1/x"),
        std::string("http://169.254.169.254/latest/meta-data"), std::string("file:///etc/passwd"),
        std::string("ftp://127.0.0.1/x")}) {
    INFO(target);
    it.next_output(it.replicate.host({.redirect_to = target}));
    check_problem(it.generate(), 422, "download_forbidden");
  }
  LoopbackServer loop([](const ServedRequest&) { return answer(302, "", "Location: /again\r\n"); });
  it.next_output(loop.url("/"));
  check_problem(it.generate(), 422, "download_forbidden");
  CHECK(loop.requests() == 6);
}

TEST_CASE("failure: a provider that does not finish in time is left to itself") {
  GeneratingServer it(impatient);
  it.replicate.script({.duration = 1h});
  const HttpResponse response = it.generate();
  check_problem(response, 504, "provider_timeout");
  CHECK(text(response.json().as_object(), "prediction_id") == it.replicate.ids().front());
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE("failure: providers are tried in order until one gives an image") {
  GeneratingServer it;
  const json::value body = {{"prompt", "a pier"},
                            {"providers", {{{"name", "replicate"}, {"model", "a/b"}}, {{"name", "sample"}}}}};
  CHECK(text(it.generated(body), "provider") == "replicate");
  it.replicate.fail_creates({insufficient_credit()});
  CHECK(text(it.generated(body), "provider") == "sample");
  it.replicate.script_next({.final_status = "failed", .error = "NSFW"});
  CHECK(text(it.generated(body), "provider") == "sample");
  it.next_output(it.replicate.host({.bytes = "<html>gone</html>"}));
  const json::object image = it.generated(body);
  CHECK(text(image, "provider") == "sample");
  CHECK(text(image, "model") == "sample");
  CHECK_FALSE(image.contains("failed"));

  it.replicate.fail_creates({unauthenticated(), input_rejected("the last one's message")});
  const HttpResponse last = it.generate(json::value{
      {"prompt", "x"}, {"providers", {{{"name", "replicate"}}, {{"name", "replicate"}, {"model", "a/b"}}}}});
  check_problem(last, 422, "provider_rejected");
}

TEST_CASE("failure: what is wrong with a request is said before anything is paid for") {
  GeneratingServer it;
  const std::vector<json::value> wrong = {
      json::value{{"user_id", "a"}},
      json::value{{"prompt", 7}},
      json::value{{"prompt", "x"}, {"input", "text"}},
      json::value{{"prompt", "x"}, {"provider", "nobody"}},
      json::value{{"prompt", "x"}, {"providers", json::array()}},
      json::value{{"prompt", "x"}, {"providers", {"replicate"}}},
      json::value{{"prompt", "x"}, {"collection", "only"}},
      json::value{{"prompt", "x"}, {"visibility", "secret"}},
      json::value{{"prompt", "x"}, {"webhook_url", "ftp://x/"}},
      json::value{{"prompt", "x"}, {"expires_in", -1}},
      json::value{{"prompt", "x"}, {"provider", "sample"}, {"input", {{"width", 99999}}}},
  };
  for (const json::value& body : wrong) {
    INFO(json::serialize(body));
    check_problem(it.generate(body), 400, "invalid_request");
  }
  check_problem(it.generate(json::value{{"prompt", "x"}, {"user_id", "hosted"}}), 400, "invalid_user_id");
  CHECK(it.server.send({.method = "POST", .target = "/v1/images/generate", .body = "{}"}).status == 401);
  CHECK(it.replicate.create_requests() == 0);
}

TEST_CASE("failure: with too little disk, or a user at the limit, nothing is paid for") {
  GeneratingServer it(Environment{{"IMAGE_PER_USER_LIMIT", "1"}, {"IMAGE_USER_LIMIT_POLICY", "reject"}});
  it.generated();
  check_problem(it.generate(), 409, "user_limit");
  CHECK(it.replicate.create_requests() == 1);
  it.server.process().environment()["IMAGE_MIN_FREE_BYTES"] = "1000000000000000";
  it.server.process().restart();
  check_problem(it.generate(json::value{{"prompt", "x"}, {"user_id", "another"}}), 507, "storage_full");
  CHECK(it.replicate.create_requests() == 1);
}

TEST_CASE(
    "failure: items that have no room together, or beside what is under way, are refused before any is paid for") {
  GeneratingServer it(Environment{{"IMAGE_PER_USER_LIMIT", "3"}, {"IMAGE_USER_LIMIT_POLICY", "reject"}});
  const auto items = [](int alices, int bobs) {
    json::array list;
    for (int i = 0; i < alices; ++i) list.push_back({{"prompt", "x"}, {"user_id", "alice"}});
    for (int i = 0; i < bobs; ++i) list.push_back({{"prompt", "x"}, {"user_id", "bob"}});
    return json::value{{"items", list}};
  };
  check_problem(it.generate(items(4, 0)), 409, "user_limit");
  check_problem(it.generate(items(1, 4)), 409, "user_limit");
  CHECK(it.replicate.create_requests() == 0);

  it.replicate.script({.duration = 1h});
  const Headers key = {{"Idempotency-Key", "two"}};
  const HttpResponse two = it.generate(items(2, 3), key);
  REQUIRE(two.status == 202);
  check_problem(it.generate(items(2, 0)), 409, "user_limit");
  CHECK(it.generate(items(1, 0)).status == 202);
  check_problem(it.generate(items(1, 0)), 409, "user_limit");
  CHECK(it.generate(items(2, 3), key).body == two.body);
  REQUIRE(eventually([&] { return it.replicate.creates() == 6; }));
  for (const std::string& id : it.replicate.ids()) it.replicate.set_status(id, "succeeded");
  CHECK(it.images("alice", 3).size() == 3);
  CHECK(it.images("bob", 3).size() == 3);
  check_problem(it.generate(items(1, 0)), 409, "user_limit");
  CHECK(it.replicate.create_requests() == 6);
}

}  // namespace
}  // namespace lightfast::test
