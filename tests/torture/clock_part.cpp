// Clocks that jump while the server works, with retention by age: whatever they show, nothing goes that no time that
// really passed lets go.
#include <atomic>
#include <cstdio>
#include <thread>

#include "tests/torture/clock_lane.h"
#include "tests/torture/parts.h"

namespace lightfast::torture {
namespace {

constexpr std::uint64_t lanes = 8;
constexpr std::uint64_t most_jumps_of_a_life = 2;

class Jumps {
 public:
  explicit Jumps(std::uint64_t count) : left_(count) {}

  // Some of those that are left, for one life.
  std::uint64_t take() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t taken = std::min(left_, most_jumps_of_a_life);
    left_ -= taken;
    return taken;
  }
  void note_done(std::uint64_t count, Report& report) {
    const std::lock_guard lock(mutex_);
    report.progress(done_ += count);
  }

 private:
  std::mutex mutex_;
  std::uint64_t left_;
  std::uint64_t done_ = 0;
};

void live_on(Jumps& jumps, const Options& options, Report& report, std::uint64_t number) {
  try {
    ClockLane lane(options, report, number);
    while (const std::uint64_t taken = jumps.take()) {
      lane.live(taken);
      jumps.note_done(taken, report);
    }
  } catch (const std::runtime_error& error) {
    report.violation("server " + std::to_string(number) + ": " + error.what());
  }
}

}  // namespace

int torture_by_clock(const Options& options) {
  if (!test::FakedClock::is_installed()) {
    std::printf("SKIPPED: clocks that jump: libfaketime is not installed\n");
    return exit_skipped;
  }
  Report report(options);
  Jumps jumps(options.count);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t number = 0; number < lanes; ++number) {
      threads.emplace_back([&, number] { live_on(jumps, options, report, number); });
    }
  }
  return report.finish();
}

}  // namespace lightfast::torture
