#include "base/workers.h"

#include <pthread.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <latch>
#include <thread>

#include "tests/support/catch_result.h"

using namespace lightfast;

namespace {

// A job that holds its thread until it is let go; let go at the latest when it goes out of scope.
class Plug {
 public:
  ~Plug() { release(); }
  std::function<void()> job() {
    return [this] {
      started_.count_down();
      gate_.wait();
    };
  }
  void wait_until_running() { started_.wait(); }
  void release() {
    if (!gate_.try_wait()) gate_.count_down();
  }

 private:
  std::latch started_{1};
  std::latch gate_{1};
};

}  // namespace

TEST_CASE("Every job that was accepted is done before the pool is gone") {
  std::atomic<int> done = 0;
  int accepted = 0;
  {
    Workers pool("pool", 3, 1000);
    for (int i = 0; i < 500; ++i) accepted += pool.try_post([&] { ++done; }) ? 1 : 0;
  }
  CHECK(accepted == 500);
  CHECK(done == 500);
}

TEST_CASE("A full queue refuses at once, and takes jobs again when there is room") {
  std::atomic<int> done = 0;
  Plug plug;
  Workers pool("pool", 1, 2);
  REQUIRE(pool.try_post(plug.job()));
  plug.wait_until_running();
  CHECK(pool.try_post([&] { ++done; }));
  CHECK(pool.try_post([&] { ++done; }));
  CHECK(pool.queued() == 2);
  CHECK_FALSE(pool.try_post([&] { ++done; }));

  plug.release();
  std::promise<void> finished;
  while (!pool.try_post([&] { finished.set_value(); })) std::this_thread::yield();
  finished.get_future().wait();
  CHECK(done == 2);
}

TEST_CASE("Idle threads take jobs even where nothing may wait") {
  Plug first;
  Plug second;
  Workers pool("pool", 2, 0);
  CHECK(pool.try_post(first.job()));
  CHECK(pool.try_post(second.job()));
  CHECK_FALSE(pool.try_post([] {}));
  first.release();
  second.release();
}

TEST_CASE("The pool's threads bear its name, cut to what the kernel keeps") {
  std::promise<std::string> name;
  {
    Workers pool("a-pool-with-a-long-name", 1, 1);
    REQUIRE(pool.try_post([&] {
      std::array<char, 32> buffer{};
      pthread_getname_np(pthread_self(), buffer.data(), buffer.size());
      name.set_value(buffer.data());
    }));
    CHECK(pool.name() == "a-pool-with-a-long-name");
  }
  CHECK(name.get_future().get() == "a-pool-with-a-l");
}

TEST_CASE("A coroutine gets its result from the pool and goes on where it was") {
  boost::asio::io_context context;
  Workers pool("pool", 2, 10);
  std::thread::id worker;
  std::thread::id resumed;
  Result<int> result = Error{};
  auto ask = [&]() -> Task<> {
    result = co_await pool.run([&]() -> Result<int> {
      worker = std::this_thread::get_id();
      return 42;
    });
    resumed = std::this_thread::get_id();
  };
  boost::asio::co_spawn(context, ask(), boost::asio::detached);
  context.run();
  REQUIRE(result);
  CHECK(*result == 42);
  CHECK(worker != std::this_thread::get_id());
  CHECK(resumed == std::this_thread::get_id());
}

TEST_CASE("A job's error arrives as it is") {
  boost::asio::io_context context;
  Workers pool("pool", 1, 10);
  Result<int> result = 0;
  auto ask = [&]() -> Task<> {
    result = co_await pool.run([]() -> Result<int> { return Error{Errc::damaged, "rotten"}; });
  };
  boost::asio::co_spawn(context, ask(), boost::asio::detached);
  context.run();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::damaged);
}

TEST_CASE("With a full queue a coroutine is told to try again, and its job never runs") {
  boost::asio::io_context context;
  Plug plug;
  Workers pool("readers", 1, 0);
  REQUIRE(pool.try_post(plug.job()));
  bool ran = false;
  Result<int> result = 0;
  auto ask = [&]() -> Task<> {
    result = co_await pool.run([&]() -> Result<int> {
      ran = true;
      return 1;
    });
  };
  boost::asio::co_spawn(context, ask(), boost::asio::detached);
  context.run();
  plug.release();
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::overloaded);
  CHECK(result.error().retry_after == std::chrono::seconds(1));
  CHECK_THAT(result.error().detail, Catch::Contains("readers"));
  CHECK_FALSE(ran);
}

TEST_CASE("Many coroutines on several threads each get their own result") {
  boost::asio::io_context context;
  Workers pool("pool", 4, 1000);
  std::array<int, 200> results{};
  auto ask = [&](int number) -> Task<> {
    for (int round = 0; round < 5; ++round) {
      const Result<int> result = co_await pool.run([number]() -> Result<int> { return number; });
      results[static_cast<std::size_t>(number)] += result.value();
    }
  };
  for (int number = 0; number < 200; ++number) boost::asio::co_spawn(context, ask(number), boost::asio::detached);
  std::thread second([&] { context.run(); });
  context.run();
  second.join();
  for (int number = 0; number < 200; ++number) CHECK(results[static_cast<std::size_t>(number)] == 5 * number);
}
