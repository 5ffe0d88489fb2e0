#include "base/cores.h"

#include <sched.h>

#include <catch2/catch.hpp>

using namespace lightfast;

TEST_CASE("A control group's quota is rounded up to cores") {
  CHECK(cores_of_quota("200000 100000") == 2);
  CHECK(cores_of_quota("150000 100000") == 2);
  CHECK(cores_of_quota("50000 100000") == 1);
  CHECK(cores_of_quota("max 100000") == 0);
  CHECK(cores_of_quota("") == 0);
  CHECK(cores_of_quota("100000") == 0);
  CHECK(cores_of_quota("100000 0") == 0);
}

TEST_CASE("A process that is pinned to one core uses one") {
  cpu_set_t before;
  REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(usable_cores() == 1);
  REQUIRE(::sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(usable_cores() >= 1);
}
