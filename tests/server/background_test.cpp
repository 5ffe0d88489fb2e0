#include "server/background.h"

#include <catch2/catch.hpp>

using namespace lightfast;
using namespace std::chrono_literals;

TEST_CASE("a pause lasts as long as it says, whatever the work took") {
  const Pause pause{500ms};
  CHECK(pause.after(0ms) == 500ms);
  CHECK(pause.after(1h) == 500ms);
}

TEST_CASE("a pause that follows the work is longer after more of it, up to its limit") {
  const Pause pause{500ms, 10, 20s};
  CHECK(pause.after(0ms) == 500ms);
  CHECK(pause.after(50ms) == 500ms);
  CHECK(pause.after(300ms) == 3s);
  CHECK(pause.after(1min) == 20s);
}
