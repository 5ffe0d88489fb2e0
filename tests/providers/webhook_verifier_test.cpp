#include "server/providers/webhook_verifier.h"

#include <catch2/catch.hpp>

#include "server/providers/replicate.h"
#include "server/providers/webhook_signature.h"
#include "tests/support/catch_result.h"
#include "tests/support/loopback_server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_task.h"

namespace lightfast::providers {
namespace {

using namespace std::chrono_literals;
using test::answer;

struct Bench {
  // Signed with this secret now.
  Result<std::string> send(const std::string& with) {
    const auto headers = sign_webhook(with, "msg_1", body, clock.now());
    return test::run_task(verifier.verify(replicate, headers, body));
  }

  const std::string body = R"({"id":"p1","status":"succeeded"})";
  std::string secret = "whsec_Zmlyc3Q=";  // only changed while nobody asks
  int status = 200;
  test::LoopbackServer server{
      [this](const test::ServedRequest&) { return answer(status, R"({"key":")" + secret + "\"}"); }};
  test::ManualClock clock;
  HttpClient client{{}};
  Replicate replicate{{server.url("/v1"), "r8_TEST"}, client, clock};
  WebhookVerifier verifier{clock};
};

const std::string first = "whsec_Zmlyc3Q=", second = "whsec_c2Vjb25k", forged = "whsec_Zm9yZ2Vk";

TEST_CASE("a provider's secret is fetched once for all its webhooks") {
  Bench bench;
  for (int i = 0; i < 3; ++i) CHECK(bench.send(first));
  CHECK(bench.server.requests() == 1);
}

TEST_CASE("a secret that was replaced at the provider is fetched again") {
  Bench bench;
  REQUIRE(bench.send(first));
  bench.clock.advance(1min);
  bench.secret = second;
  CHECK(bench.send(first));  // until the first that doesn't fit
  CHECK(bench.send(second));
  CHECK(bench.server.requests() == 2);
  CHECK(bench.send(first).error().code == Errc::unauthorized);
}

TEST_CASE("strangers' signatures make us ask for the secret once a minute at most") {
  Bench bench;
  REQUIRE(bench.send(first));
  for (int i = 0; i < 5; ++i) CHECK(bench.send(forged).error().code == Errc::unauthorized);
  CHECK(bench.server.requests() == 1);
  bench.clock.advance(1min);
  for (int i = 0; i < 5; ++i) CHECK(bench.send(forged).error().code == Errc::unauthorized);
  CHECK(bench.server.requests() == 2);
  CHECK(bench.send(first));
}

TEST_CASE("a secret that cannot be fetched leaves the webhook to be sent again") {
  Bench bench;
  bench.status = 500;
  CHECK(bench.send(first).error().code == Errc::provider_unavailable);
  bench.status = 200;
  bench.clock.advance(1min);
  CHECK(bench.send(first));
}

TEST_CASE("a secret that cannot be fetched is asked for once a minute at most") {
  Bench bench;
  bench.status = 500;
  for (int i = 0; i < 5; ++i) {
    const Error error = bench.send(forged).error();
    CHECK(error.code == Errc::provider_unavailable);
  }
  CHECK(bench.server.requests() == 1);
  CHECK(bench.send(first).error().retry_after == 60s);
  bench.clock.advance(1min);
  CHECK(bench.send(first).error().code == Errc::provider_unavailable);
  CHECK(bench.server.requests() == 2);
}

TEST_CASE("a secret that has become old is asked for once a minute at most while it cannot be fetched") {
  Bench bench;
  REQUIRE(bench.send(first));
  bench.clock.advance(25h);
  bench.status = 500;
  for (int i = 0; i < 5; ++i) CHECK(bench.send(first).error().code == Errc::provider_unavailable);
  CHECK(bench.server.requests() == 2);
}

TEST_CASE("the headers of a webhook tell by themselves that it is none or an old one") {
  Bench bench;
  const auto headers = sign_webhook(forged, "msg_1", "", bench.clock.now());
  CHECK(bench.verifier.check(bench.replicate, headers));
  for (std::size_t missing = 0; missing < headers.size(); ++missing) {
    auto others = headers;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(missing));
    CHECK(bench.verifier.check(bench.replicate, others).error().code == Errc::unauthorized);
  }
  for (const auto off : {-6min, 6min}) {
    const auto old = sign_webhook(first, "msg_1", "", bench.clock.now() + off);
    CHECK(bench.verifier.check(bench.replicate, old).error().code == Errc::unauthorized);
  }
  CHECK(bench.server.requests() == 0);
}

}  // namespace
}  // namespace lightfast::providers
