#include "server/jobs/urgency_queue.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <string>

namespace lightfast::jobs {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("the most urgent goes first, those without a time last, and never more than there are places") {
  asio::io_context context(1);
  UrgencyQueue queue(2);
  std::string order;
  int inside = 0, most = 0;
  const auto visit = [&](char name, std::optional<Timestamp> urgent_by) -> Task<> {
    const auto place = co_await queue.enter(urgent_by);
    order += name;
    most = std::max(most, ++inside);
    auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < 3; ++i) co_await asio::post(executor, asio::use_awaitable);
    --inside;
  };
  const Timestamp time{};
  const std::vector<std::pair<char, std::optional<Timestamp>>> visitors = {
      {'a', std::nullopt}, {'b', std::nullopt}, {'c', std::nullopt}, {'d', time + 3h},
      {'e', time + 1h},    {'f', time + 2h},    {'g', std::nullopt}};
  for (const auto& [name, urgent_by] : visitors)
    asio::co_spawn(context, visit(name, urgent_by), [](std::exception_ptr) {});
  context.poll_one();
  context.run();
  CHECK(order == "abefdcg");
  CHECK(most == 2);
  CHECK(queue.waiting() == 0);
}

}  // namespace
}  // namespace lightfast::jobs
