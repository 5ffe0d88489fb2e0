#include "server/imaging/decode_budget.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace lightfast::imaging {
namespace {

TEST_CASE("decodes under way never take more slots or bytes than there are") {
  DecodeBudget budget(3, 100);
  std::atomic<int> inside = 0, bytes = 0, most_inside = 0, most_bytes = 0;
  const auto raise = [](std::atomic<int>& most, int value) {
    for (int seen = most; seen < value && !most.compare_exchange_weak(seen, value);) {
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 200; ++j) {
          const int needed = (i * 37 + j * 11) % 101;
          const DecodeBudget::Share share(budget, static_cast<std::uint64_t>(needed));
          raise(most_inside, ++inside);
          raise(most_bytes, bytes += needed);
          bytes -= needed;
          --inside;
        }
      });
    }
  }
  CHECK(most_inside <= 3);
  CHECK(most_bytes <= 100);
  const DecodeBudget::Share all(budget, 100);  // everything was given back, else this waits for ever
}

}  // namespace
}  // namespace lightfast::imaging
