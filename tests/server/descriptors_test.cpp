#include "server/descriptors.h"

#include <catch2/catch.hpp>

using namespace lightfast;

TEST_CASE("whatever the limit of descriptors, some are left for everything else") {
  for (const std::size_t limit : {256U, 1024U, 20'000U, 65'536U, 1U << 20}) {
    const auto shares = share_descriptors(limit);
    INFO(limit);
    CHECK(shares.connections + shares.cached_files <= limit - limit / 4);
    CHECK(shares.connections >= 128);
    CHECK(shares.cached_files >= 64);
  }
  CHECK(share_descriptors(1 << 20).connections == 20'000);
  CHECK(share_descriptors(1 << 20).cached_files == 16'384);
}
