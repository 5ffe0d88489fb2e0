// One program run as a child: started with exactly the environment given, its output kept in files, ended by its own
// process descriptor only. It dies with the thread that started it. One thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace lightfast::test {

using Environment = std::map<std::string, std::string>;

struct ChildSetup {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  Environment environment;  // and PATH, and what sanitizers read
  std::filesystem::path working_folder;
  std::filesystem::path out_file;  // appended to
  std::filesystem::path err_file;  // appended to
};

class ChildProcess {
 public:
  explicit ChildProcess(const ChildSetup& setup);
  ChildProcess(ChildProcess&&) = delete;
  ~ChildProcess();  // SIGKILL if it still runs

  pid_t pid() const { return pid_; }
  void signal(int number);

  // Its exit code, or 128 + the signal that ended it; nullopt if it still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);

 private:
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  std::optional<int> exit_code_;
};

}  // namespace lightfast::test
