// Image to image: URLs of our own images in what a provider is given.
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <mutex>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const std::string public_base = "https://images.example.org";

// What a provider does with the images in its input: it fetches them, as anybody could.
struct FetchingProvider : GeneratingServer {
  explicit FetchingProvider(Environment environment = {{"PUBLIC_BASE_URL", public_base}})
      : GeneratingServer(std::move(environment)) {
    replicate.when_created([this](const std::string& id) {
      const json::object sent = replicate.create_body(id).at("input").as_object();
      const std::lock_guard lock(mutex);
      input = sent;
      const auto* image = sent.if_contains("image");
      if (image == nullptr || !image->is_string()) return;
      const std::string url(image->as_string());
      if (url.starts_with(public_base)) fetched = server.new_client().get(path_of_url(url));
    });
  }
  ~FetchingProvider() { replicate.when_created({}); }

  // The input as the provider got it, of a generation that went well.
  json::object given(const json::object& sent, const std::string& user = "default") {
    generated(json::value{{"prompt", "x"}, {"user_id", user}, {"input", sent}});
    const std::lock_guard lock(mutex);
    return input;
  }
  json::object hidden(std::uint32_t number, const std::string& user = "ana", const std::string& query = "") {
    return server.uploaded(png(number), user, "&visibility=private" + query);
  }
  std::string key(const std::vector<std::string>& options) {
    std::vector<std::string> arguments{"keys", "create"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const std::string made = server.process().run(arguments).out;
    return made.substr(0, made.size() - 1);
  }

  std::mutex mutex;
  json::object input;
  HttpResponse fetched;
};

std::string data_uri(const std::string& bytes) {
  return "data:image/png;base64," + to_base64(bytes);
}

TEST_CASE("a provider is given a URL of a private image that it can fetch and nobody could without") {
  FetchingProvider at;
  const json::object image = at.hidden(7);
  const std::string url = text(image, "url");
  const json::object sent = at.given({{"image", url}, {"strength", 0.5}});
  CHECK(text(sent, "image").starts_with(url + "?exp="));
  CHECK(sent.at("strength") == json::value(0.5));
  CHECK(at.fetched.status == 200);
  CHECK(at.fetched.body == png(7));
  CHECK(at.server.get(path_of_url(url)).status == 404);

  const std::string signed_url = text(sent, "image");
  const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::seconds(1);
  const std::int64_t end = std::stoll(signed_url.substr(signed_url.find("exp=") + 4));
  CHECK(end >= now + 300);
  CHECK(end <= now + 2'000);
}

TEST_CASE("URLs of our images are found wherever they stand in an input and nothing else is touched") {
  FetchingProvider at;
  const std::string hidden = text(at.hidden(1), "url");
  const std::string open = text(at.server.uploaded(png(2), "ana"), "url");
  const json::object sent = at.given({{"images", {hidden, open}},
                                      {"deep", {{{"mask", hidden}}}},
                                      {"caption", "see " + hidden},
                                      {"other", "https://example.org/v1/images/hosted/ana/x.png"},
                                      {"n", 1}});
  CHECK(std::string(sent.at("images").at(0).as_string()).starts_with(hidden + "?exp="));
  CHECK(sent.at("images").at(1) == json::value(open));
  CHECK(sent.at("deep").at(0).at("mask") == sent.at("images").at(0));
  CHECK(sent.at("caption") == json::value("see " + hidden));
  CHECK(sent.at("other") == json::value("https://example.org/v1/images/hosted/ana/x.png"));
}

TEST_CASE("URLs with a name or a signature or without an extension lead to the private image too") {
  FetchingProvider at;
  const json::object first = at.hidden(1, "ana", "&collection=trip&name=hero");
  at.hidden(2, "ana", "&collection=trip&name=hero");
  const std::string named = text(first, "named_url"), url = text(first, "url");
  const std::string reader = at.key({"--name", "ana", "--user", "ana", "--scope", "read"});
  const HttpResponse signed_answer =
      at.server.send({"POST",
                      "/v1/images/sign",
                      {{"Authorization", "Bearer " + reader}},
                      json::serialize(json::object{{"user_id", "ana"}, {"id", first.at("id")}})});
  REQUIRE(signed_answer.status == 200);
  for (const auto& [given, bytes] : {std::pair{named, png(2)},
                                     {named + "?version=1", png(1)},
                                     {url.substr(0, url.rfind('.')), png(1)},
                                     {text(signed_answer.json().as_object(), "url"), png(1)}}) {
    INFO(given);
    at.fetched = {};
    at.given({{"image", given}});
    CHECK(at.fetched.body == bytes);
  }
}

TEST_CASE("an image that the key may not read is exactly like one that is not there and nothing is paid") {
  FetchingProvider at;
  const std::string hidden = text(at.hidden(1), "url");
  const std::string missing = public_base + "/v1/images/hosted/ana/img_01jd0000000000000000000000.png";
  const std::string bob = at.key({"--name", "bob", "--user", "bob"});
  const std::string writer = at.key({"--name", "writer", "--scope", "write"});
  const auto ask = [&](const std::string& key, const std::string& url) {
    const json::value body{{"prompt", "x"}, {"input", {{"images", {"https://example.org/a.png", url}}}}};
    return at.server.send({"POST", "/v1/images/generate", {{"Authorization", "Bearer " + key}}, json::serialize(body)});
  };
  const std::string sig = "?exp=9999999999&sig=" + std::string(43, 'A');
  const HttpResponse absent = ask(bob, missing);
  check_problem(absent, 400, "invalid_request");
  CHECK(absent.body.find("`input.images[1]`") != std::string::npos);
  for (const std::string& url :
       {hidden, hidden + sig, hidden.substr(0, hidden.size() - 3) + "webp", public_base + "/v1/images/hosted/ana",
        public_base + "/v1/images/hosted/ana/nonsense", public_base + "/v1/images/hosted/ana/trip/hero"}) {
    INFO(url);
    CHECK(ask(bob, url).body == absent.body);
    CHECK(ask(writer, url).body == absent.body);
  }
  CHECK(at.replicate.create_requests() == 0);
  CHECK(ask(bob, text(at.server.uploaded(png(2), "ana"), "url")).status == 201);
}

TEST_CASE("of many items the one whose image is missing is named and none is started") {
  FetchingProvider at;
  const std::string missing = public_base + "/v1/images/hosted/ana/img_01jd0000000000000000000000.png";
  const HttpResponse refused = at.generate(json::value{
      {"items",
       {{{"prompt", "x"}},
        {{"prompt", "y"},
         {"providers", {{{"name", "sample"}}, {{"name", "replicate"}, {"input", {{"image", missing}}}}}}}}}});
  check_problem(refused, 400, "invalid_request");
  CHECK(refused.body.find("item 1: `providers[1].input.image`") != std::string::npos);
  CHECK(at.replicate.create_requests() == 0);
}

TEST_CASE("where nobody outside reaches this server its images are sent as they are") {
  FetchingProvider at{Environment{}};
  const std::string open = text(at.server.uploaded(png(2), "ana"), "url");
  const json::object sent = at.given({{"image", text(at.hidden(1), "url")}, {"mask", open}});
  CHECK(text(sent, "image") == data_uri(png(1)));
  CHECK(text(sent, "mask") == data_uri(png(2)));

  const std::string large = text(at.server.uploaded(png(3, 600, 600), "ana"), "url");  // over 1 MB
  const HttpResponse refused =
      at.generate(json::value{{"prompt", "x"}, {"input", {{"images", json::array(7, json::value(large))}}}});
  check_problem(refused, 400, "invalid_request");
  CHECK(refused.body.find("`input.images[6]`") != std::string::npos);
  CHECK(at.replicate.creates() == 1);
}

TEST_CASE("behind a cache that others reach images are fetched from there") {
  FetchingProvider at(Environment{{"CDN_BASE_URL", public_base}});
  const std::string hidden = text(at.hidden(1), "url");
  REQUIRE(hidden.starts_with(public_base));
  const std::string own = at.server.process().base_url() + path_of_url(hidden);
  CHECK(text(at.given({{"image", own}}), "image").starts_with(hidden + "?exp="));
  CHECK(at.fetched.body == png(1));
}

TEST_CASE("a generation can start from an image that is still being made") {
  FetchingProvider at;
  at.replicate.script_next({.duration = std::chrono::milliseconds(300)});
  const json::object first =
      at.promised(json::value{{"prompt", "first"}, {"user_id", "ana"}, {"visibility", "private"}});
  at.given({{"image", first.at("url")}});
  CHECK(at.fetched.status == 200);
  CHECK(at.fetched.body == at.server.get(path_of_url(text(first, "url")), with_key).body);
}

TEST_CASE("what opens an image stands in no record and its answers tell it to nobody") {
  FetchingProvider at;
  const std::string url = text(at.hidden(1), "url");
  const json::object promise = at.promised(json::value{{"prompt", "x"}, {"input", {{"image", url}}}});
  const json::object job = at.ended_job(text(promise, "job_id"));
  CHECK(text(job, "status") == "succeeded");
  CHECK(json::serialize(job).find("sig=") == std::string::npos);
  CHECK(at.server.process().log().find("sig=") == std::string::npos);
  CHECK(at.server.process().stop() == 0);
  const std::string stored = read_file(at.server.process().database());
  CHECK(stored.find(url) != std::string::npos);
  CHECK(stored.find("sig=") == std::string::npos);
}

TEST_CASE("resume: killed while a provider is called with an image of ours the prediction is found by it") {
  FetchingProvider at;
  const std::string url = text(at.hidden(1), "url");
  Gate accepted;
  at.replicate.when_created([&](const std::string&) { accepted.pass(); });
  const json::object promise = at.promised(json::value{{"prompt", "x"}, {"input", {{"image", url}}}});
  accepted.await();
  at.server.process().kill();
  accepted.open();
  at.server.process().start();
  CHECK(text(at.ended_job(text(promise, "job_id")), "status") == "succeeded");
  CHECK(at.replicate.create_requests() == 1);
}

TEST_CASE("the same generation again with an Idempotency-Key is answered though its image is gone") {
  FetchingProvider at;
  const json::object image = at.hidden(1);
  const json::value body{{"prompt", "x"}, {"input", {{"image", image.at("url")}}}};
  const HttpResponse first = at.generate(body, {{"Idempotency-Key", "one"}});
  REQUIRE(first.status == 201);
  CHECK(at.server.api("DELETE", "/v1/images/ana/" + text(image, "id")).status == 204);
  CHECK(at.generate(body, {{"Idempotency-Key", "one"}}).body == first.body);
  check_problem(at.generate(body), 400, "invalid_request");
}

}  // namespace
}  // namespace lightfast::test
