// What every driver keeps, whatever its provider's wire: each case runs on all of them, against their fakes.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>
#include <memory>

#include "server/providers/patience.h"
#include "server/providers/registry.h"
#include "server/providers/sdwebui.h"
#include "tests/support/catch_result.h"
#include "tests/support/fake_fal.h"
#include "tests/support/fake_makers.h"
#include "tests/support/fake_openai.h"
#include "tests/support/fake_replicate.h"
#include "tests/support/run_task.h"

namespace lightfast::providers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Fault;

// All the fakes, and one driver of a registry that knows them.
struct Bench {
  explicit Bench(std::string which) : name(std::move(which)) {
    settings.replicate = {replicate.base_url(), replicate.token()};
    settings.openai = {openai.base_url(), openai.key};
    settings.fal = {fal.queue_url(), fal.run_url(), fal.rest_url(), fal.key()};
    settings.chutes = {chutes.url(), chutes.key()};
    settings.stability = {stability.url(), stability.key()};
    settings.sdwebui_url = sdwebui.url_with_login();
    settings.pexels = {pexels.base_url(), pexels.key()};
  }

  Provider& driver() {
    if (!registry) registry.emplace(Registry::open(settings, client, workers, clock).value());
    return **registry->find(name);
  }
  test::FakeProvider* fake() {
    const std::map<std::string, test::FakeProvider*> fakes = {{"openai", &openai},   {"fal", &fal},
                                                              {"chutes", &chutes},   {"stability", &stability},
                                                              {"sdwebui", &sdwebui}, {"pexels", &pexels}};
    const auto found = fakes.find(name);
    return found == fakes.end() ? nullptr : found->second;
  }
  void fail(Fault fault) {
    if (fake() != nullptr)
      fake()->fail_makes({fault});
    else
      replicate.fail_creates({fault});
  }
  int makes() { return fake() != nullptr ? static_cast<int>(fake()->makes().size()) : replicate.create_requests(); }

  GenerationRequest request(std::string input = "{}") {
    GenerationRequest out;
    out.prompt = "a cat & a hat";
    out.input = std::move(input);
    out.deadline = clock.now() + seconds(30);
    return out;
  }
  CreateOutcome create(std::string input = "{}") { return test::run_task(driver().create(request(std::move(input)))); }
  CreateOutcome create_after(Fault fault) {
    fail(std::move(fault));
    return create();
  }
  Prediction run_to_end(std::string input = "{}") {
    const CreateOutcome outcome = create(std::move(input));
    INFO(outcome.error.detail);
    REQUIRE(outcome.prediction.has_value());
    return test::run_task(poll_patiently(driver(), *outcome.prediction, {clock, brief, clock.now() + seconds(30)}))
        .value();
  }

  const std::string name;
  test::FakeReplicate replicate;
  test::FakeOpenAi openai;
  test::FakeFal fal;
  test::FakeChutes chutes;
  test::FakeStability stability;
  test::FakeSdWebUi sdwebui;
  test::FakePexels pexels;
  ProviderSettings settings;
  SystemClock clock;
  Sleep brief = [](milliseconds) -> Task<> { co_return; };
  HttpClient client{{}};
  Workers workers{"cpu", 1, 16};
  std::optional<Registry> registry;
};

std::string any_driver() {
  return GENERATE(as<std::string>{}, "replicate", "openai", "fal", "chutes", "stability", "sdwebui", "pexels");
}

Fault refused(int status, const std::string& headers = "") {
  return {.status = status,
          .body = R"({"detail":"the very reason"})",
          .headers = "Content-Type: application/json\r\n" + headers};
}

TEST_CASE("driver contract: a success gives an image, and the provider was asked for it once") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  const Prediction made = bench.run_to_end();
  CHECK(made.state == Prediction::State::succeeded);
  REQUIRE(made.outputs.size() == 1);
  CHECK(made.outputs[0].url.empty() != made.outputs[0].bytes.empty());
  if (!made.outputs[0].bytes.empty()) CHECK(made.outputs[0].bytes.starts_with("\x89PNG"));
  CHECK(boost::json::parse(made.raw).is_object());
  CHECK(made.raw.size() <= 65'536);
  if (!made.details.empty()) CHECK(boost::json::parse(made.details).is_object());
  CHECK(bench.makes() == 1);
}

TEST_CASE("driver contract: the input goes to the provider as it is, the prompt with it") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  bench.create(R"({"something_new":"kept","seed":7})");
  const bool by_fake = bench.fake() != nullptr;
  const std::string sent = by_fake ? bench.fake()->makes().at(0).target + bench.fake()->makes().at(0).body
                                   : boost::json::serialize(bench.replicate.create_body(bench.replicate.ids().at(0)));
  CHECK(sent.find("something_new") != std::string::npos);
  CHECK(sent.find("kept") != std::string::npos);
  CHECK(sent.find("seed") != std::string::npos);
  CHECK((sent.find("a cat & a hat") != std::string::npos || sent.find("a%20cat%20%26%20a%20hat") != std::string::npos));
}

TEST_CASE("driver contract: input that is refused is the caller's to mend, with the provider's message") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  for (const int status : {400, 422}) {
    const CreateOutcome outcome = bench.create_after(refused(status));
    CHECK_FALSE(outcome.prediction.has_value());
    CHECK(outcome.error.code == Errc::provider_rejected);
    CHECK(outcome.error.detail.find("the very reason") != std::string::npos);
    CHECK_FALSE(outcome.may_be_accepted);
    CHECK_FALSE(outcome.may_try_again);
  }
}

TEST_CASE("driver contract: refused credentials and credit are the server's to mend") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  for (const int status : {401, 402, 403}) {
    const CreateOutcome outcome = bench.create_after(refused(status));
    CHECK(outcome.error.code == Errc::provider_unavailable);
    CHECK(outcome.error.detail.find("the very reason") != std::string::npos);
    CHECK_FALSE(outcome.may_be_accepted);
    CHECK_FALSE(outcome.may_try_again);
  }
}

TEST_CASE("driver contract: a rate that is reached may be tried again after the time asked for") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  const CreateOutcome outcome = bench.create_after(refused(429, "Retry-After: 7\r\n"));
  CHECK(outcome.error.code == Errc::provider_unavailable);
  CHECK(outcome.error.retry_after == seconds(7));
  CHECK(outcome.may_try_again);
  CHECK_FALSE(outcome.may_be_accepted);
  CHECK(bench.create().prediction.has_value());
}

TEST_CASE("driver contract: what was sent and not answered well is never sent twice where it costs money") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  const Fault fault = GENERATE(Fault{.status = 500}, Fault{.status = 502, .body = "<html>bad</html>", .headers = ""},
                               Fault{.kind = Fault::Kind::reset},
                               Fault{.status = 200, .body = "[gar", .headers = "Content-Type: text/html\r\n"});
  const CreateOutcome outcome = bench.create_after(fault);
  CHECK_FALSE(outcome.prediction.has_value());
  CHECK(outcome.error.code == Errc::provider_failed);
  CHECK(outcome.error.detail.find('<') == std::string::npos);
  CHECK_FALSE(outcome.may_try_again);
  CHECK(outcome.may_be_accepted == !bench.driver().is_free());
  CHECK(bench.makes() == 1);
}

TEST_CASE("driver contract: a redirect is not followed, so that the key stays at home") {
  test::LoopbackServer elsewhere([](const test::ServedRequest&) { return test::answer(200, "{}"); });
  Bench bench(any_driver());
  CAPTURE(bench.name);
  const CreateOutcome outcome =
      bench.create_after({.status = 307, .body = "", .headers = "Location: " + elsewhere.url("/") + "\r\n"});
  CHECK_FALSE(outcome.prediction.has_value());
  CHECK(elsewhere.requests() == 0);
}

TEST_CASE("driver contract: a call that reached nobody may be sent again") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  const std::string nobody =
      test::LoopbackServer([](const test::ServedRequest&) { return test::answer(200, ""); }).url("");
  for (Api* api : {&bench.settings.replicate, &bench.settings.openai, &bench.settings.chutes, &bench.settings.stability,
                   &bench.settings.pexels}) {
    api->base_url = nobody;
  }
  bench.settings.fal.queue_url = bench.settings.sdwebui_url = nobody;
  const CreateOutcome outcome = bench.create();
  CHECK(outcome.error.code == Errc::provider_unavailable);
  CHECK(outcome.may_try_again);
  CHECK_FALSE(outcome.may_be_accepted);
}

TEST_CASE("driver contract: a slow answer is waited for until the deadline") {
  Bench bench("openai");
  test::LoopbackServer slow([&](const test::ServedRequest&) {
    slow.hold();
    return test::answer(200, "{}");
  });
  bench.settings.openai.base_url = slow.url("");
  GenerationRequest request = bench.request();
  request.deadline = bench.clock.now();
  const CreateOutcome outcome = test::run_task(bench.driver().create(request));
  CHECK(outcome.error.code == Errc::provider_timeout);
  CHECK(outcome.may_be_accepted);
}

TEST_CASE("driver contract: what no provider could take is refused before anything is sent") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  for (const char* input : {"[]", "7", "{"}) {
    CHECK(bench.driver().check(bench.request(input)).error().code == Errc::invalid_request);
    CHECK(bench.create(input).error.code == Errc::invalid_request);
  }
  CHECK(bench.driver().check(bench.request()));
  CHECK(bench.makes() == 0);
}

TEST_CASE("driver contract: a prediction that nobody knows has failed, and says which") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  const std::string poll_url = bench.fal.queue_url() + "/fal-ai/flux/requests/nobody/status";
  const auto polled = test::run_task(bench.driver().poll("nobody", poll_url));
  REQUIRE(polled);
  CHECK(polled->state == Prediction::State::failed);
  CHECK(polled->error->members.at(0).second == "nobody");
}

TEST_CASE("driver contract: where no list is kept a lost prediction is not waited for") {
  Bench bench(any_driver());
  CAPTURE(bench.name);
  if (bench.name == "replicate") return;  // keeps one
  int pauses = 0;
  const Sleep counted = [&](milliseconds) -> Task<> {
    ++pauses;
    co_return;
  };
  const auto found = test::run_task(find_patiently(bench.driver(), bench.request(), bench.clock.now(), {},
                                                   {bench.clock, counted, bench.clock.now() + seconds(30)}));
  CHECK(found.error().code == Errc::not_found);
  CHECK(pauses == 0);
}

TEST_CASE("driver contract: credentials that are taken are told from those that are not, and nothing is made") {
  const std::string name = any_driver();
  CAPTURE(name);
  if (name == "chutes") return;  // has no call for that
  Bench bench(name);
  CHECK(test::run_task(bench.driver().check_credentials()));
  CHECK((name == "pexels" || bench.makes() == 0));
  Bench refused_one(name);
  for (Api* api : {&refused_one.settings.replicate, &refused_one.settings.openai, &refused_one.settings.stability,
                   &refused_one.settings.pexels}) {
    api->key = "wrong-key";
  }
  refused_one.settings.fal.key = "wrong-key";
  refused_one.settings.sdwebui_url = refused_one.sdwebui.url();
  const auto told = test::run_task(refused_one.driver().check_credentials());
  CHECK(told.error().code == Errc::provider_unavailable);
  CHECK(told.error().detail.find("wrong-key") == std::string::npos);
}

}  // namespace
}  // namespace lightfast::providers
