#include "server/proxy/event_rewriting.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"
#include "tests/support/loopback_server.h"
#include "tests/support/run_task.h"

namespace lightfast::proxy {
namespace {

class Marking final : public EventRewriter {
 public:
  Task<std::string> rewrite(std::string event) override { co_return "event: seen\n" + event; }
};

Task<Result<std::string>> read_all(HttpClient& client, std::string url, std::shared_ptr<MemoryBudget> budget) {
  HttpCall call;
  call.url = std::move(url);
  call.max_body_bytes = 8 << 20;
  auto answer = co_await HttpStream::open(client, std::move(call));
  auto rewriter = std::make_shared<Marking>();
  AnswerMemory memory(std::move(budget));
  auto events =
      co_await rewrite_events(std::move(*answer), std::move(rewriter), Reading::while_wanted, std::move(memory));
  std::string text;
  for (;;) {
    auto piece = co_await events->next();
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return text;
    text += *piece;
  }
}

TEST_CASE("an event that no memory is left for passes as it comes and those beside it are rewritten") {
  const std::string first = "data: 1\n\n", last = "data: 3\n\n";
  const std::string large = "data: " + std::string(6'000'000, 'x') + "\n\n";
  test::LoopbackServer provider([&](const test::ServedRequest&) {
    return test::answer(200, first + large + last, "Content-Type: text/event-stream\r\n");
  });
  HttpClient client{{}};
  const auto roomy = std::make_shared<MemoryBudget>(128 << 20);
  const std::string mark = "event: seen\n";
  CHECK((test::run_task(read_all(client, provider.url("/"), roomy)).value() ==
         mark + first + mark + large + mark + last));
  const auto narrow = std::make_shared<MemoryBudget>(1 << 20);
  const std::string passed = test::run_task(read_all(client, provider.url("/"), narrow)).value();
  CHECK(passed.starts_with(mark + first + large.substr(0, 64 << 10)));
  std::string unmarked = passed;
  for (auto at = unmarked.find(mark); at != unmarked.npos; at = unmarked.find(mark)) unmarked.erase(at, mark.size());
  CHECK((unmarked == first + large + last));
  CHECK(passed.ends_with(mark + last));
}

}  // namespace
}  // namespace lightfast::proxy
