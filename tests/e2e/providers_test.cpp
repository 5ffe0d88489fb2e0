// Each provider through the front door, and one after the other.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_fal.h"
#include "tests/support/fake_makers.h"
#include "tests/support/fake_openai.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

// A server that knows every provider but Replicate, all of them fakes.
struct EveryProvider {
  explicit EveryProvider(Environment more = Environment()) : server(environment(std::move(more))) {}

  Environment environment(Environment out) {
    out.emplace("DOWNLOAD_ALLOW_NETWORKS", "127.0.0.1/32");
    out.emplace("OPENAI_API_KEY", openai.key);
    out.emplace("OPENAI_BASE_URL", openai.base_url());
    out.emplace("FAL_KEY", fal.key());
    out.emplace("FAL_QUEUE_URL", fal.queue_url());
    out.emplace("FAL_RUN_URL", fal.run_url());
    out.emplace("FAL_REST_URL", fal.rest_url());
    out.emplace("CHUTES_API_KEY", chutes.key());
    out.emplace("CHUTES_BASE_URL", chutes.url());
    out.emplace("STABILITY_API_KEY", stability.key());
    out.emplace("STABILITY_BASE_URL", stability.url());
    out.emplace("SDWEBUI_URL", sdwebui.url_with_login());
    out.emplace("PEXELS_API_KEY", pexels.key());
    out.emplace("PEXELS_BASE_URL", pexels.base_url());
    return out;
  }

  HttpResponse generate(const json::value& body) { return server.send(json_request("/v1/images/generate", body)); }
  json::object generated(const json::value& body) {
    const HttpResponse response = generate(body);
    INFO(response.body);
    REQUIRE(response.status == 201);
    return response.json().as_object();
  }

  FakeOpenAi openai;
  FakeFal fal;
  FakeChutes chutes;
  FakeStability stability;
  FakeSdWebUi sdwebui;
  FakePexels pexels;
  RunningServer server;
};

bool is_png(const std::string& bytes) {
  return bytes.starts_with("\x89PNG");
}

TEST_CASE("providers: whatever a provider answers becomes a hosted image") {
  EveryProvider it;
  for (const char* name : {"openai", "fal", "chutes", "stability", "sdwebui", "pexels"}) {
    INFO(name);
    const json::object image = it.generated({{"prompt", "a pier"}, {"provider", name}});
    CHECK(text(image, "provider") == name);
    const HttpResponse read = it.server.get(it.server.path_of(image));
    CHECK(read.status == 200);
    CHECK(is_png(read.body));
  }
  CHECK_FALSE(it.fal.files().saw_authorization());
  CHECK_FALSE(it.pexels.files().saw_authorization());
}

TEST_CASE("providers: OpenAI's signed URLs are fetched byte for byte, and without the key") {
  EveryProvider it;
  const json::object image =
      it.generated({{"prompt", "a pier"}, {"provider", "openai"}, {"model", "dall-e-3"}, {"input", {{"size", "x"}}}});
  CHECK(text(image, "source_url").ends_with("&sig=a%2Bb/c%3D"));
  CHECK(text(image, "model") == "dall-e-3");
  CHECK(text(image, "prediction_id") == "req_fake");
  CHECK_FALSE(it.openai.files().saw_authorization());
  const json::object two = it.generated(
      {{"prompt", "a pier"}, {"provider", "openai"}, {"input", {{"model", "gpt-image-1-mini"}, {"n", 2}}}});
  CHECK(two.at("images").as_array().size() == 2);
  CHECK(text(two, "model") == "gpt-image-1-mini");
}

TEST_CASE("providers: an image of this server is a source of OpenAI's, as bytes where nobody reaches us") {
  EveryProvider it;
  const json::object source = it.server.uploaded(png(9), "default", "&visibility=private");
  it.generated({{"prompt", "at night"}, {"provider", "openai"}, {"input", {{"image", text(source, "url")}}}});
  const auto makes = it.openai.makes();
  REQUIRE(makes.size() == 1);
  CHECK(makes[0].target == "/v1/images/edits");
  CHECK(makes[0].body.find(png(9)) != std::string::npos);
}

TEST_CASE("providers: without a name the first that is configured is asked") {
  EveryProvider it;
  CHECK(text(it.generated({{"prompt", "a pier"}}), "provider") == "openai");
}

TEST_CASE("providers: the next one is asked after every failure that is certain, a stock photo last") {
  EveryProvider it;
  it.openai.fail_makes({openai_problem(400, "Your request was rejected", "moderation_blocked")});
  it.stability.is_filtering = true;
  it.fal.script({.result = Fault{.status = 422, .body = R"({"detail":"bad"})"}});
  it.sdwebui.fail_makes({{.kind = Fault::Kind::reset}});
  const json::object image = it.generated({{"prompt", "a pier"},
                                           {"providers",
                                            {{{"name", "openai"}},
                                             {{"name", "stability"}},
                                             {{"name", "fal"}},
                                             {{"name", "sdwebui"}},
                                             {{"name", "pexels"}, {"input", {{"orientation", "landscape"}}}}}}});
  CHECK(text(image, "provider") == "pexels");
  CHECK(text(image, "prediction_id") == "2014422");
  CHECK(it.openai.makes().size() == 1);
  CHECK(it.sdwebui.makes().size() == 1);
}

TEST_CASE("providers: a rate that asks for more than a moment is left for the next provider at once") {
  EveryProvider it;
  Fault full = no_capacity();
  full.headers += "Retry-After: 60\r\n";
  it.chutes.fail_makes({full});
  const json::object image =
      it.generated({{"prompt", "a pier"}, {"providers", {{{"name", "chutes"}}, {{"name", "pexels"}}}}});
  CHECK(text(image, "provider") == "pexels");
  CHECK(it.chutes.makes().size() == 1);
}

TEST_CASE("providers: the next one is asked after an answer that says nothing but that it failed") {
  EveryProvider it;
  const std::string name = GENERATE(as<std::string>{}, "openai", "fal", "chutes", "stability");
  const bool is_readable = GENERATE(true, false);
  const Fault failure{.status = is_readable ? 500 : 200, .body = is_readable ? R"({"detail":"boom"})" : "<html>"};
  for (FakeProvider* fake : std::initializer_list<FakeProvider*>{&it.openai, &it.fal, &it.chutes, &it.stability}) {
    fake->fail_makes({failure});
  }
  const json::object image =
      it.generated({{"prompt", "a pier"}, {"providers", {{{"name", name}}, {{"name", "pexels"}}}}});
  CHECK(text(image, "provider") == "pexels");
  const json::object& attempt = image.at("attempts").as_array().front().as_object();
  CHECK(text(attempt, "provider") == name);
  CHECK(text(attempt, "status") == "failed");
  CHECK(it.openai.makes().size() + it.fal.makes().size() + it.chutes.makes().size() + it.stability.makes().size() == 1);
}

TEST_CASE("providers: where money may have been spent no other provider is asked, nor the same one again") {
  EveryProvider it;
  const std::string name = GENERATE(as<std::string>{}, "openai", "fal", "chutes", "stability");
  for (FakeProvider* fake : std::initializer_list<FakeProvider*>{&it.openai, &it.fal, &it.chutes, &it.stability}) {
    fake->fail_makes({{.kind = Fault::Kind::reset}});
  }
  const HttpResponse response =
      it.generate({{"prompt", "a pier"}, {"providers", {{{"name", name}}, {{"name", "pexels"}}}}});
  check_problem(response, 502, "provider_failed");
  CHECK(text(response.json().as_object(), "accepted_by_provider") == "unknown");
  CHECK(it.pexels.makes().empty());
  CHECK(it.openai.makes().size() + it.fal.makes().size() + it.chutes.makes().size() + it.stability.makes().size() == 1);
}

TEST_CASE("providers: nothing found is the provider's failure") {
  EveryProvider it;
  check_problem(it.generate({{"prompt", "nothing"}, {"provider", "pexels"}}), 502, "provider_failed");
}

TEST_CASE("providers: fal's webhook ends the wait, if fal signed it") {
  EveryProvider it;
  it.fal.script({.polls = 1});
  it.generated({{"prompt", "a pier"}, {"provider", "fal"}});
  const std::string id = it.fal.last_id();
  const std::string body = json::serialize(json::value{{"request_id", id}, {"status", "OK"}, {"payload", {}}});
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch();
  const auto send = [&](const Headers& headers) {
    return it.server.send({.method = "POST", .target = "/v1/webhooks/fal", .headers = headers, .body = body}).status;
  };
  CHECK(send(it.fal.sign(id, body, now.count())) == 200);
  CHECK(send(it.fal.sign(id, body, now.count() - 600)) == 401);
  CHECK(send(FakeFal().sign(id, body, now.count())) == 401);
}

TEST_CASE("providers: their secrets are not shown, and their address may not be our own") {
  EveryProvider it;
  const auto shown = it.server.process().run({"serve", "--print-config"});
  CHECK(shown.exit_code == 0);
  for (const std::string& secret : {std::string(it.openai.key), it.fal.key(), it.chutes.key(), it.stability.key(),
                                    it.pexels.key(), std::string("p%40ss")}) {
    CHECK((shown.out + shown.err).find(secret) == std::string::npos);
  }
  CHECK(shown.out.find(it.sdwebui.url()) != std::string::npos);
  auto& environment = it.server.process().environment();
  environment["PUBLIC_BASE_URL"] = "https://images.example.com";
  for (const char* variable : {"OPENAI_BASE_URL", "FAL_RUN_URL", "SDWEBUI_URL"}) {
    const std::string before = environment[variable];
    environment[variable] = std::string(variable) == "SDWEBUI_URL" ? "https://u:hidden1@images.example.com/x"
                                                                   : "https://images.example.com/openai/v1";
    const auto refused = it.server.process().run({"serve", "--print-config"});
    CHECK(refused.exit_code == 2);
    CHECK(refused.err.find(variable) != std::string::npos);
    CHECK((refused.out + refused.err).find("hidden1") == std::string::npos);
    environment[variable] = before;
  }
}

TEST_CASE("providers: doctor asks each of them whether it takes its key") {
  EveryProvider it;
  it.server.process().environment()["STABILITY_API_KEY"] = "a-wrong-key";
  const auto ran = it.server.process().run({"doctor", "--json"});
  CHECK(ran.exit_code == 1);
  CHECK(ran.out.find("OpenAI takes OPENAI_API_KEY") != std::string::npos);
  CHECK(ran.out.find("Stability does not take STABILITY_API_KEY (401)") != std::string::npos);
  CHECK(ran.out.find("a-wrong-key") == std::string::npos);
  CHECK(it.openai.makes().size() + it.fal.makes().size() + it.stability.makes().size() + it.sdwebui.makes().size() ==
        0);
}

}  // namespace
}  // namespace lightfast::test
