#include "server/proxy/provider_call.h"

#include <catch2/catch.hpp>
#include <future>

#include "server/proxy/drop_in.h"
#include "tests/support/loopback_server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_task.h"

namespace lightfast::proxy {
namespace {

using namespace std::chrono_literals;
using test::run_task;

TEST_CASE("what a refused rate is waited out for is taken from the time that the answer may take") {
  std::promise<void> over;
  test::LoopbackServer provider([&, asked = 0](const test::ServedRequest&) mutable {
    if (asked++ == 0) return test::answer(429, "", "Retry-After: 9\r\n");
    over.get_future().wait_for(2s);
    return test::answer(200, "{}");
  });
  test::ManualClock clock;
  const Sleep nearly_all = [&](std::chrono::milliseconds) -> Task<> {
    clock.advance(9'950ms);
    co_return;
  };
  HttpClient client{{}};
  ProviderCaller caller(client, clock, nearly_all, 10s);
  ProviderCall call{.method = "POST", .url = provider.url("/"), .deadline = caller.deadline(clock.steady_now())};
  const auto answer = run_task(caller.call(call));
  over.set_value();
  REQUIRE_FALSE(answer.has_value());
  CHECK(error_of(answer.error()).code == Errc::provider_timeout);
  CHECK(provider.requests() == 2);
}

TEST_CASE("a call that no time is left for is not sent") {
  test::LoopbackServer provider([](const test::ServedRequest&) { return test::answer(200, "{}"); });
  test::ManualClock clock;
  HttpClient client{{}};
  ProviderCaller caller(client, clock, {}, 10s);
  ProviderCall call{.method = "POST", .url = provider.url("/"), .deadline = caller.deadline(clock.steady_now())};
  clock.advance(10s);
  const auto answer = run_task(caller.call(call));
  REQUIRE_FALSE(answer.has_value());
  CHECK(error_of(answer.error()).code == Errc::provider_timeout);
  CHECK(provider.requests() == 0);
}

TEST_CASE("an answer is told before callers give up, its images hosted or not") {
  test::ManualClock clock;
  HttpClient client{{}};
  const SteadyTime began = clock.steady_now(), given_up = began + 300s;
  CHECK(ProviderCaller(client, clock, {}, 30s).deadline(began) == began + 30s);
  for (const auto timeout : {300s, 3'600s}) {
    const SteadyTime deadline = ProviderCaller(client, clock, {}, timeout).deadline(began);
    CHECK(deadline < given_up);
    CHECK(end_of_hold(deadline, deadline) > deadline);  // what came may still be hosted
    CHECK(end_of_hold(deadline, deadline) < given_up);
    CHECK(end_of_hold(deadline - 20s, deadline) == deadline);
    CHECK(end_of_hold(began, deadline) == began + 60s);
  }
}

}  // namespace
}  // namespace lightfast::proxy
