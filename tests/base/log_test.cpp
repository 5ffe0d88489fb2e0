#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "tests/support/blobs.h"
#include "tests/support/temporary_folder.h"

using namespace lightfast;
using namespace lightfast::test;

namespace {

// What `write` makes the process print on stderr.
template <class Fn>
std::string captured_stderr(Fn write) {
  const TemporaryFolder folder;
  const UniqueFd file(::open((folder.path() / "stderr").c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const UniqueFd before(::dup(STDERR_FILENO));
  ::dup2(file.get(), STDERR_FILENO);
  write();
  ::dup2(before.get(), STDERR_FILENO);
  return read_file(file.get()).value();
}

}  // namespace

TEST_CASE("Events below the level are not written") {
  const std::string output = captured_stderr([] {
    Logger log(LogLevel::warning, LogFormat::text);
    log.debug("one");
    log.info("two");
    log.warning("three");
    log.error("four");
    CHECK_FALSE(log.enabled(LogLevel::info));
    CHECK(log.enabled(LogLevel::warning));
  });
  CHECK_THAT(output, !Catch::Contains("one") && !Catch::Contains("two"));
  CHECK_THAT(output, Catch::Contains("warning three\n") && Catch::Contains("error   four\n"));
}

TEST_CASE("A message is written as it is, whatever looks like a format in it") {
  const std::string output = captured_stderr([] {
    Logger log(LogLevel::debug, LogFormat::json);
    log.info("{} %s %v {0}", {{"v", "{}%v"}});
  });
  CHECK_THAT(output, Catch::Contains(R"("message":"{} %s %v {0}","v":"{}%v"})"));
}

TEST_CASE("Lines of many threads don't mix") {
  const std::string long_value(1000, 'x');
  const std::string output = captured_stderr([&] {
    Logger log(LogLevel::info, LogFormat::text);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int line = 0; line < 50; ++line) log.info("m", {{"v", long_value}});
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  std::size_t lines = 0;
  for (std::size_t begin = 0, end; (end = output.find('\n', begin)) != std::string::npos; begin = end + 1, ++lines) {
    REQUIRE(output.substr(begin, end - begin).ends_with("info    m v=" + long_value));
  }
  CHECK(lines == 200);
}
