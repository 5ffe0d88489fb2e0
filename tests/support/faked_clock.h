// A wall clock that a test turns while the programs that see it run, by libfaketime; their steady clock goes on as it
// does. Not together with sanitizers. One thread at a time.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

class FakedClock {
 public:
  static bool is_installed();

  FakedClock();  // shows the time
  FakedClock(const FakedClock&) = delete;
  ~FakedClock();

  // What a program is started with, over `environment`, so that it sees this clock.
  Environment seen_from(Environment environment) const;

  // What a program is started with for which all clocks, the steady one too, run that many times as fast.
  Environment racing(Environment environment, unsigned times) const;

  // From now on it is so far ahead of the time, or behind it.
  void turn(std::chrono::seconds ahead);
  std::chrono::seconds ahead() const { return ahead_; }
  std::chrono::sys_seconds now() const;

 private:
  const TemporaryFolder folder_;
  const std::string semaphore_;
  const std::string memory_;
  std::chrono::seconds ahead_{0};
};

}  // namespace lightfast::test
