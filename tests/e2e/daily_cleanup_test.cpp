// Cleanups that the running server begins by itself.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"

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

#ifdef FAKETIME_LIBRARY

// The wall clock is what the file says; the steady one runs on.
class TurnedServer : public RunningServer {
 public:
  explicit TurnedServer(Environment environment, const std::filesystem::path& clock)
      : RunningServer(std::move(environment)), clock_(clock) {}
  void turn(const std::string& offset) { write_file(clock_, offset); }

 private:
  const std::filesystem::path clock_;
};

Environment turned(const std::filesystem::path& clock, Environment environment) {
  write_file(clock, "+0");
  environment.emplace("LD_PRELOAD", FAKETIME_LIBRARY);
  environment.emplace("FAKETIME_TIMESTAMP_FILE", clock.string());
  environment.emplace("FAKETIME_NO_CACHE", "1");
  environment.emplace("FAKETIME_DONT_FAKE_MONOTONIC", "1");
  return environment;
}

TEST_CASE("a clock that jumps while the server runs takes no image, and the log says why") {
  TemporaryFolder folder;
  const auto clock = folder.path() / "clock";
  const std::string offset = GENERATE("+400d", "-20000d");
  TurnedServer server(turned(clock, {{"IMAGE_MAX_AGE_DAYS", "1"}, {"IMAGE_TRASH_DAYS", "0"}}), clock);
  const auto image = server.uploaded(png(1));
  server.turn(offset);
  CHECK(eventually([&] { return is_logged(server, "does not trust the clock"); }));
  CHECK(server.get(server.path_of(image)).body == png(1));
  CHECK_FALSE(is_logged(server, R"("trigger":"daily")"));
}

TEST_CASE("a cleanup that was missed by more than a day is made up at the start") {
  TemporaryFolder folder;
  const auto clock = folder.path() / "clock";
  TurnedServer server(turned(clock, {{"IMAGE_MAX_AGE_DAYS", "2"}}), clock);
  const auto image = server.uploaded(png(1));
  server.process().stop();
  server.turn("+3d");
  server.process().start();
  CHECK(eventually([&] { return is_logged(server, R"("trigger":"daily")"); }));
  CHECK(server.get(server.path_of(image)).status == 404);
  CHECK(is_logged(server, "made up for"));
}

#endif

}  // namespace
}  // namespace lightfast::test
