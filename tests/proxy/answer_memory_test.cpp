#include "server/proxy/answer_memory.h"

#include <catch2/catch.hpp>

namespace lightfast::proxy {
namespace {

TEST_CASE("an answer holds its share of a budget as it grows and gives it back") {
  constexpr std::uint64_t mib = 1 << 20;
  const auto budget = std::make_shared<MemoryBudget>(AnswerMemory::copies * 10 * mib);
  AnswerMemory growing(budget), other(budget);
  CHECK(growing.covers(AnswerMemory::uncounted));
  CHECK_FALSE(growing.is_counted());
  CHECK(growing.covers(6 * mib));
  CHECK(growing.is_counted());
  CHECK_FALSE(other.covers(6 * mib));
  CHECK(other.covers(AnswerMemory::uncounted));
  CHECK(growing.covers(6 * mib));
  CHECK_FALSE(growing.covers(11 * mib));
  growing.release();
  CHECK_FALSE(growing.is_counted());
  CHECK(other.covers(6 * mib));
}

}  // namespace
}  // namespace lightfast::proxy
