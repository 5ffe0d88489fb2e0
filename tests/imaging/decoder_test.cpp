#include "server/imaging/decoder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <span>
#include <thread>

#include "tests/decode_worker/misbehaviour.h"
#include "tests/imaging/parts.h"
#include "tests/imaging/samples.h"
#include "tests/support/catch_result.h"

namespace lightfast::imaging {
namespace {

using test::file_with;
using test::Misbehaviour;

DecoderOptions options() {
  DecoderOptions options;
  options.program = DECODE_WORKER;
  return options;
}

// A decoder, and an image to prove with it.
struct Bench {
  Logger log{LogLevel::error, LogFormat::text};
  DecoderOptions chosen = options();
  Decoder decoder{chosen, log};
  test::Sample sample = test::png_samples().front();
  UniqueFd file = file_with(sample.bytes);
  ImageFacts facts = probe(std::as_bytes(std::span(sample.bytes)), Limits{}).value();

  Bench() = default;
  explicit Bench(DecoderOptions o) : chosen(std::move(o)) {}

  Result<void> prove() { return decoder.prove(file.get(), sample.bytes.size(), facts); }
  Result<void> prove(Misbehaviour misbehaviour) {
    ImageFacts wrong = facts;
    wrong.width = static_cast<std::uint32_t>(misbehaviour);
    return decoder.prove(file.get(), sample.bytes.size(), wrong);
  }
};

TEST_CASE("every kind of image is proven by a child process") {
  Bench bench;
  for (const auto& sample : test::all_samples()) {
    INFO(sample.name);
    const auto facts = probe(std::as_bytes(std::span(sample.bytes)), Limits{});
    REQUIRE(facts);
    const UniqueFd file = file_with(sample.bytes);
    CHECK(bench.decoder.prove(file.get(), sample.bytes.size(), *facts));
  }
}

TEST_CASE("a child that misbehaves costs one invalid_image, and the next image is proven") {
  auto chosen = options();
  chosen.time_limit = std::chrono::milliseconds(300);
  chosen.child_memory_bytes = 96u << 20;
  Bench bench(chosen);
  for (const auto misbehaviour : {Misbehaviour::crash, Misbehaviour::quit, Misbehaviour::hang,
                                  Misbehaviour::short_reply, Misbehaviour::long_reply}) {
    INFO(static_cast<int>(misbehaviour));
    const auto refused = bench.prove(misbehaviour);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid_image);
    CHECK(bench.prove());
  }
}

TEST_CASE("what an image decodes to must be what its structure says") {
  Bench bench;
  bench.facts.height += 1;
  const auto refused = bench.prove();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::invalid_image);
  CHECK_THAT(refused.error().detail, Catch::Contains("its structure says"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a child that eats memory is stopped at its limit, and the next image is proven") {
  auto chosen = options();
  chosen.child_memory_bytes = 96u << 20;
  Bench bench(chosen);
  const auto refused = bench.prove(Misbehaviour::eat_memory);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::invalid_image);
  CHECK_THAT(refused.error().detail, Catch::Contains("memory"));
  CHECK(bench.prove());
}

TEST_CASE("a child can start no process, open no socket and no file") {
  Bench bench;
  const auto refused = bench.prove(Misbehaviour::escape);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "every way out is closed");
}
#endif

TEST_CASE("a child cannot write to the image, though the server could") {
  Bench bench;
  const auto refused = bench.prove(Misbehaviour::write_image);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "the image is read-only");
}

TEST_CASE("a child serves many images, and what it says is made printable") {
  Bench bench;
  std::set<std::string> processes;
  for (int i = 0; i < 5; ++i) processes.insert(bench.prove(Misbehaviour::tell_process).error().detail);
  CHECK(processes.size() == 1);
  CHECK(processes.begin()->find_first_not_of("proces 0123456789?[m") == std::string::npos);
}

TEST_CASE("a child is replaced by a fresh one after a thousand images") {
  Bench bench;
  const std::string first = bench.prove(Misbehaviour::tell_process).error().detail;
  for (int i = 0; i < 999; ++i) REQUIRE(bench.prove());
  CHECK(bench.prove(Misbehaviour::tell_process).error().detail != first);
}

pid_t process_in(const Result<void>& told) {
  return std::stoi(told.error().detail.substr(sizeof "process"));
}

TEST_CASE("a child that dies while it waits costs nothing") {
  Bench bench;
  const pid_t first = process_in(bench.prove(Misbehaviour::tell_process));
  REQUIRE(::kill(first, SIGKILL) == 0);
  siginfo_t ended{};  // waits for the end without taking it from the decoder
  REQUIRE(::waitid(P_PID, static_cast<id_t>(first), &ended, WEXITED | WNOWAIT) == 0);
  CHECK(bench.prove());
  CHECK(process_in(bench.prove(Misbehaviour::tell_process)) != first);
}

TEST_CASE("children end with their decoder") {
  pid_t child = 0;
  {
    Bench bench;
    child = process_in(bench.prove(Misbehaviour::tell_process));
    CHECK(::kill(child, 0) == 0);
  }
  CHECK(::kill(child, 0) == -1);
}

TEST_CASE("a file that was cut after it was probed costs one invalid_image") {
  Bench bench;
  REQUIRE(::ftruncate(bench.file.get(), 0) == 0);
  CHECK(bench.prove().error().code == Errc::invalid_image);
  bench.file = file_with(bench.sample.bytes);
  CHECK(bench.prove());
}

TEST_CASE("where the program cannot be run, or is no decoder, the answer is overloaded") {
  for (const char* program : {"/nonexistent/lightfast", "/bin/true"}) {
    auto chosen = options();
    chosen.program = program;
    Bench bench(chosen);
    const auto refused = bench.prove();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::overloaded);
    CHECK(refused.error().retry_after);
  }
}

TEST_CASE("an image that takes more memory than a child, or all of them, may have is refused without decoding") {
  auto chosen = options();
  chosen.program = "/nonexistent/lightfast";
  chosen.total_decode_bytes = 64u << 20;
  Bench bench(chosen);
  bench.facts.decode_bytes = (64u << 20) + 1;
  const auto refused = bench.prove();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::too_many_pixels);
}

TEST_CASE("many threads prove images, no more at a time than there is memory for") {
  auto chosen = options();
  chosen.children = 3;
  chosen.total_decode_bytes = 100;
  Bench bench(chosen);
  bench.facts.decode_bytes = 60;
  std::atomic<int> proven = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 10; ++j) proven += bench.prove() ? 1 : 0;
      });
    }
  }
  CHECK(proven == 60);
}

}  // namespace
}  // namespace lightfast::imaging
