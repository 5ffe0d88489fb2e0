#include "server/guard/token_buckets.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/manual_clock.h"

namespace lightfast::test {
namespace {

using namespace std::chrono_literals;
using guard::Rate;
using guard::Subject;
using guard::TokenBuckets;

Subject address(const std::string& text) {
  return Subject::of(IpAddress::parse(text).value());
}

struct Scene {
  explicit Scene(const std::string& rate) : buckets(*Rate::parse(rate), clock) {}

  // How many of so many requests are let through.
  int allowed(int requests, const Subject& subject = address("192.0.2.1")) {
    int count = 0;
    for (int i = 0; i < requests; ++i) count += buckets.take(subject).is_allowed;
    return count;
  }

  ManualClock clock;
  TokenBuckets buckets;
};

bool same(const Subject& a, const Subject& b) {
  return a.high == b.high && a.low == b.low;
}

TEST_CASE("a rate is a number and a unit and nothing else") {
  CHECK(Rate::parse("10/second") == Rate{10, 1s});
  CHECK(Rate::parse("600/minute") == Rate{600, 60s});
  CHECK(Rate::parse("1000000/hour") == Rate{1'000'000, 3600s});
  CHECK(Rate::parse("600/minute")->str() == "600/minute");
  for (const char* wrong : {"", "10", "10/", "/second", "0/second", "-1/second", "+1/second", "1.5/second", "10/day",
                            "10/seconds", "10/s", "10 /second", " 10/second", "10/second ", "10/Second", "1000001/hour",
                            "99999999999999999999/hour", "1e3/hour"}) {
    INFO(wrong);
    CHECK_FALSE(Rate::parse(wrong));
  }
}

TEST_CASE("a full bucket lets through as many as it holds and then as many as have come back") {
  Scene scene("10/second");
  CHECK(scene.allowed(100) == 10);
  scene.clock.advance(99ms);
  CHECK(scene.allowed(100) == 0);
  scene.clock.advance(1ms);
  CHECK(scene.allowed(100) == 1);
  scene.clock.advance(350ms);
  CHECK(scene.allowed(100) == 3);
  scene.clock.advance(50ms);  // the half that was left over counts
  CHECK(scene.allowed(100) == 1);
  scene.clock.advance(24h);
  CHECK(scene.allowed(100) == 10);
}

TEST_CASE("over a long time no more than the rate gets through, whatever the steps") {
  Scene scene("7/minute");
  const auto step = GENERATE(1ms, 70ms, 999ms, 8571ms, 8572ms);
  const auto all = std::chrono::milliseconds(10min);
  int count = 0;
  for (auto gone = 0ms; gone < all; gone += step) {
    count += scene.allowed(2);
    scene.clock.advance(step);
  }
  CHECK(count >= 7 + 68);
  CHECK(count <= 7 + 70);
}

TEST_CASE("what is told is what is left, when it is full and when to come again") {
  Scene scene("3/minute");
  const auto first = scene.buckets.take(address("192.0.2.1"));
  CHECK(first.limit == 3);
  CHECK(first.remaining == 2);
  CHECK(first.full_in == 20s);
  CHECK(first.retry_in == 0s);
  CHECK(scene.allowed(2) == 2);
  scene.clock.advance(500ms);
  const auto refused = scene.buckets.take(address("192.0.2.1"));
  CHECK_FALSE(refused.is_allowed);
  CHECK(refused.remaining == 0);
  CHECK(refused.full_in == 60s);
  CHECK(refused.retry_in == 20s);  // 19.5 s would be too early
  scene.clock.advance(20s);
  CHECK(scene.buckets.take(address("192.0.2.1")).is_allowed);
}

TEST_CASE("being refused costs nothing") {
  Scene scene("2/second");
  CHECK(scene.allowed(1000) == 2);
  scene.clock.advance(500ms);
  CHECK(scene.allowed(1) == 1);
}

TEST_CASE("the highest rates count as exactly as low ones") {
  Scene fast("1000000/second");
  CHECK(fast.allowed(1'000'010) == 1'000'000);
  Scene slow("1/hour");
  CHECK(slow.allowed(2) == 1);
  slow.clock.advance(3599s + 999ms);
  CHECK(slow.allowed(2) == 0);
  slow.clock.advance(1ms);
  CHECK(slow.allowed(2) == 1);
}

TEST_CASE("the wall clock has no say in it") {
  Scene scene("1/hour");
  CHECK(scene.allowed(2) == 1);
  scene.clock.set(scene.clock.now() + std::chrono::days(400));
  CHECK(scene.allowed(2) == 0);
}

TEST_CASE("addresses have a bucket each, and of IPv6 the network of a customer") {
  CHECK(same(address("192.0.2.1"), address("::ffff:192.0.2.1")));
  CHECK_FALSE(same(address("192.0.2.1"), address("192.0.2.2")));
  CHECK(same(address("2001:db8:0:1::1"), address("2001:db8:0:1:ffff:ffff:ffff:ffff")));
  CHECK_FALSE(same(address("2001:db8:0:1::1"), address("2001:db8:0:2::1")));
  CHECK_FALSE(same(address("::"), address("0.0.0.0")));
  CHECK_FALSE(same(Subject::of("one key"), Subject::of("another key")));

  Scene scene("5/hour");
  CHECK(scene.allowed(9, address("192.0.2.1")) == 5);
  CHECK(scene.allowed(9, address("192.0.2.2")) == 5);
  CHECK(scene.allowed(9, Subject::of("192.0.2.1")) == 5);
  CHECK(scene.allowed(3, address("2001:db8::1")) + scene.allowed(9, address("2001:db8::2")) == 5);
}

TEST_CASE("strangers without number neither grow it nor give back what a busy one has used up") {
  Scene scene("100/hour");
  const auto busy = address("192.0.2.1");
  CHECK(scene.allowed(1000, busy) == 100);
  for (std::uint32_t i = 0; i < 300'000; ++i) scene.buckets.take(Subject::of(IpAddress::v4(i)));
  CHECK(scene.allowed(1, busy) == 0);
}

TEST_CASE("thousands at once are told apart") {
  Scene scene("2/hour");
  int allowed = 0;
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < 8000; ++i) {
      allowed += scene.buckets.take(Subject::of(IpAddress::v4(0x0a000000 + i))).is_allowed;
    }
  }
  CHECK(allowed >= 16'000);
  CHECK(allowed <= 16'010);  // an eighth of the places is taken: hardly anyone is forgotten
}

TEST_CASE("threads that ask at once get no more than there is") {
  Scene scene("1000/hour");
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { allowed += scene.allowed(1000, address("192.0.2.1")); });
  }
  for (auto& thread : threads) thread.join();
  CHECK(allowed == 1000);
}

}  // namespace
}  // namespace lightfast::test
