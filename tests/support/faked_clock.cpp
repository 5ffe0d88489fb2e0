#include "tests/support/faked_clock.h"

#include <fcntl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

#include "base/unique_fd.h"
#include "tests/support/server_process.h"

namespace lightfast::test {
namespace {

constexpr off_t memory_size = 4096;  // more than libfaketime shares

}  // namespace

bool FakedClock::is_installed() {
  return std::filesystem::exists(FAKETIME_LIBRARY);
}

// libfaketime would make these itself, named after the process, and a killed process leaves them lying: a later one
// with its number then doesn't start.
FakedClock::FakedClock()
    : semaphore_("/" + folder_.path().filename().string() + ".semaphore"),
      memory_("/" + folder_.path().filename().string() + ".memory") {
  turn(ahead_);
  sem_t* semaphore = ::sem_open(semaphore_.c_str(), O_CREAT | O_EXCL, 0600, 1);
  const UniqueFd memory(::shm_open(memory_.c_str(), O_CREAT | O_EXCL | O_RDWR, 0600));
  if (semaphore == SEM_FAILED || !memory || ::ftruncate(memory.get(), memory_size) != 0) {
    throw std::runtime_error("cannot make what libfaketime shares");
  }
  ::sem_close(semaphore);
}

FakedClock::~FakedClock() {
  ::sem_unlink(semaphore_.c_str());
  ::shm_unlink(memory_.c_str());
}

Environment FakedClock::seen_from(Environment environment) const {
  environment["LD_PRELOAD"] = FAKETIME_LIBRARY;
  environment["FAKETIME_TIMESTAMP_FILE"] = (folder_.path() / "clock").string();
  environment["FAKETIME_SHARED"] = semaphore_ + " " + memory_;
  environment["FAKETIME_NO_CACHE"] = "1";
  environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
  environment["NO_FAKE_STAT"] = "1";
  return environment;
}

Environment FakedClock::racing(Environment environment, unsigned times) const {
  environment = seen_from(std::move(environment));
  environment.erase("FAKETIME_TIMESTAMP_FILE");
  environment.erase("FAKETIME_DONT_FAKE_MONOTONIC");
  environment["FAKETIME"] = "+0 x" + std::to_string(times);
  return environment;
}

// Never half written: it is read at every look at the clock.
void FakedClock::turn(std::chrono::seconds ahead) {
  ahead_ = ahead;
  const auto next = folder_.path() / "next";
  write_file(next, (ahead.count() < 0 ? "" : "+") + std::to_string(ahead.count()));
  std::filesystem::rename(next, folder_.path() / "clock");
}

std::chrono::sys_seconds FakedClock::now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + ahead_;
}

}  // namespace lightfast::test
