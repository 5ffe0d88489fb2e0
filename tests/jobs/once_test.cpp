#include "server/jobs/once.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

#include "tests/jobs/jobs_bench.h"
#include "tests/support/run_task.h"

namespace lightfast::jobs {
namespace {

namespace asio = boost::asio;

const IdempotencyKey key{"caller", "key", "hash"};

// Answers with how often it ran, after having let the others run.
struct Work {
  int runs = 0;
  std::optional<Error> failure;
  std::function<Task<Result<Answer>>()> fn() {
    return [this]() -> Task<Result<Answer>> {
      const int run = ++runs;
      auto executor = co_await asio::this_coro::executor;
      co_await asio::post(executor, asio::use_awaitable);
      if (failure) co_return *failure;
      co_return Answer{201, std::to_string(run)};
    };
  }
};

TEST_CASE("of requests with one key at once one is done, and all get its answer") {
  JobsBench bench;
  Once once(bench.store, bench.log);
  Work work;
  std::vector<std::string> answers;
  for (int i = 0; i < 5; ++i) {
    const auto ask = [&]() -> Task<> {
      auto answer = co_await once.run(key, work.fn());
      answers.push_back(answer.value().json);
    };
    asio::co_spawn(bench.context, ask, [](std::exception_ptr) {});
  }
  bench.context.run();
  CHECK(work.runs == 1);
  CHECK(answers == std::vector<std::string>(5, "1"));
}

TEST_CASE("a failure frees the key for whoever waits") {
  JobsBench bench;
  Once once(bench.store, bench.log);
  Work work;
  work.failure = Error{Errc::download_failed, "no"};
  int failures = 0;
  for (int i = 0; i < 2; ++i) {
    const auto ask = [&]() -> Task<> {
      auto answer = co_await once.run(key, work.fn());
      if (!answer) ++failures;
    };
    asio::co_spawn(bench.context, ask, [](std::exception_ptr) {});
  }
  bench.context.run();
  CHECK(failures == 2);
  CHECK(work.runs == 2);
  work.failure.reset();
  CHECK(test::run_task(once.run(key, work.fn())).value().json == "3");
}

TEST_CASE("what a crash cut off under its key is done by whoever asks next, once") {
  JobsBench bench;
  REQUIRE(test::run_task(bench.store.begin(key)).value() == std::nullopt);
  Once once(bench.store, bench.log);
  Work work;
  CHECK(test::run_task(once.run(key, work.fn())).value().json == "1");
  CHECK(test::run_task(once.run(key, work.fn())).value().json == "1");
  IdempotencyKey other = key;
  other.request_hash = "another";
  CHECK(test::run_task(once.run(other, work.fn())).error().code == Errc::idempotency_mismatch);
}

TEST_CASE("work that throws frees its key") {
  JobsBench bench;
  Once once(bench.store, bench.log);
  std::function<Task<Result<Answer>>()> broken = []() -> Task<Result<Answer>> {
    throw std::runtime_error("broken");
    co_return Answer{};
  };
  CHECK_THROWS(test::run_task(once.run(key, broken)));
  Work work;
  CHECK(test::run_task(once.run(key, work.fn())).value().json == "1");
}

}  // namespace
}  // namespace lightfast::jobs
