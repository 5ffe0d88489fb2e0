// Cleanups that the running server begins by itself.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/faked_clock.h"

namespace lightfast::test {
namespace {

bool is_logged(RunningServer& server, const std::string& words) {
  return server.process().log().find(words) != std::string::npos;
}

TEST_CASE("where the disk runs low the trash goes at once, and young images stay") {
  RunningServer server;
  const auto removed = server.uploaded(png(1));
  const auto living = server.uploaded(png(2));
  REQUIRE(server.api("DELETE", "/v1/images/alice/" + text(removed, "id")).status == 204);
  server.process().stop();
  const auto free = std::filesystem::space(server.process().data()).available;
  server.process().environment()["IMAGE_MIN_FREE_BYTES"] = std::to_string(free / 10 * 6);
  server.process().environment()["CLEANUP_AT"] = "off";
  server.process().start();
  CHECK(eventually([&] { return is_logged(server, R"("trigger":"low_disk")"); }));
  CHECK(server.image_files() == std::set<std::string>{"alice/" + text(living, "id") + ".png"});
  CHECK(server.get(server.path_of(living)).body == png(2));
}

#ifdef LIGHTFAST_FAKED_CLOCK

using std::chrono::days;

TEST_CASE("a clock that jumps while the server runs takes no image, and the log says why") {
  FakedClock clock;
  RunningServer server(clock.seen_from({{"IMAGE_MAX_AGE_DAYS", "1"}, {"IMAGE_TRASH_DAYS", "0"}}));
  const auto image = server.uploaded(png(1));
  clock.turn(GENERATE(days(400), days(-20'000)));
  CHECK(eventually([&] { return is_logged(server, "does not trust the clock"); }));
  CHECK(server.get(server.path_of(image)).body == png(1));
  CHECK_FALSE(is_logged(server, R"("trigger":"daily")"));
}

TEST_CASE("a cleanup that was missed by more than a day is made up at the start") {
  FakedClock clock;
  RunningServer server(clock.seen_from({{"IMAGE_MAX_AGE_DAYS", "2"}}));
  const auto image = server.uploaded(png(1));
  server.process().stop();
  clock.turn(days(3));
  server.process().start();
  CHECK(eventually([&] { return is_logged(server, R"("trigger":"daily")"); }));
  CHECK(server.get(server.path_of(image)).status == 404);
  CHECK(is_logged(server, "made up for"));
}

#endif

}  // namespace
}  // namespace lightfast::test
