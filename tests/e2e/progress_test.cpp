// Commands that take longer than a second show how far they are, on a terminal alone.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/fake_files.h"
#include "tests/support/faked_clock.h"
#include "tests/support/loopback_server.h"
#include "tests/support/terminal.h"

#ifdef LIGHTFAST_FAKED_CLOCK

namespace lightfast::test {
namespace {

using Command = std::vector<std::string>;

constexpr unsigned haste = 1000;  // a millisecond is a second to the commands
const std::string new_line = "\r\033[K";

void check_progress(const ServerProcess& process, const Command& command) {
  INFO(command.front());
  Terminal terminal;
  const auto code = process.begin(command, terminal.path())->wait(std::chrono::seconds(20));
  const std::string drawn = terminal.close();
  INFO(drawn);
  CHECK(code == 0);
  REQUIRE(drawn.starts_with(new_line));
  const std::string left = drawn.substr(drawn.rfind(new_line));
  CHECK(left.find('%') == std::string::npos);
}

void check_silence(const ServerProcess& process, const Command& command) {
  INFO(command.front());
  const CommandResult result = process.run(command);
  CHECK(result.exit_code == 0);
  CHECK(result.out.find(new_line) == std::string::npos);
  CHECK(result.err.find(new_line) == std::string::npos);
}

TEST_CASE("upkeep shows its progress on a terminal and nowhere else") {
  RunningServer server;
  ServerProcess& process = server.process();
  for (std::uint32_t i = 0; i < 20; ++i) server.uploaded(png(i));
  process.stop();
  const FakedClock clock;
  process.environment() = clock.racing(process.environment(), haste);
  for (const Command& command : {Command{"backup", "copy"}, Command{"fsck", "--verify-hashes"}, Command{"cleanup"}}) {
    check_progress(process, command);
    check_silence(process, command);
  }
}

TEST_CASE("an import of a table shows its progress on a terminal and nowhere else") {
  FakeFiles files;
  LoopbackServer host([&](const ServedRequest& request) { return files.answer(request); });
  RunningServer server({{"API_KEYS", known_key}, {"DOWNLOAD_ALLOW_NETWORKS", "127.0.0.0/8"}});
  const FakedClock clock;
  server.process().environment() = clock.racing(server.process().environment(), haste);
  for (const std::uint32_t i : {1, 2}) {
    const std::string path = "/" + std::to_string(i) + ".png";
    FakeFile late{.bytes = png(i)};
    late.drip_bytes = late.bytes.size() / 4;
    late.drip_pause = std::chrono::milliseconds(100);  // the server tells four times a second
    files.put(path, late);
    const auto table = server.process().working_folder() / "table";
    write_file(table, R"({"user_id":"alice","url":")" + host.url(path) + "\"}\n");
    const Command command{"import", "--from", table.string()};
    i == 1 ? check_progress(server.process(), command) : check_silence(server.process(), command);
  }
}

}  // namespace
}  // namespace lightfast::test

#endif
