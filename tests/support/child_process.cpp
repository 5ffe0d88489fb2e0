#include "tests/support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace lightfast::test {
namespace {

std::vector<std::string> environment_strings(const Environment& environment) {
  Environment all = environment;
  for (const char* name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) all.emplace(name, value);
  }
  std::vector<std::string> strings;
  for (const auto& [name, value] : all) strings.push_back(name + "=" + value);
  return strings;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Between fork and exec: only calls that are safe after a fork of a threaded program.
[[noreturn]] void become(const ChildSetup& setup, char* const* arguments, char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int append = O_WRONLY | O_CREAT | O_APPEND;
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open(setup.out_file.c_str(), append, 0600);
  const int err = ::open(setup.err_file.c_str(), append, 0600);
  if (in < 0 || out < 0 || err < 0 || ::chdir(setup.working_folder.c_str()) != 0) ::_exit(126);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::close_range(3, ~0u, 0);
  ::execve(setup.program.c_str(), arguments, environment);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const ChildSetup& setup) {
  std::vector<std::string> arguments{setup.program.string()};
  arguments.insert(arguments.end(), setup.arguments.begin(), setup.arguments.end());
  std::vector<std::string> environment = environment_strings(setup.environment);
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  pid_ = ::fork();
  if (pid_ == 0) become(setup, argument_pointers.data(), environment_pointers.data());
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

ChildProcess::~ChildProcess() {
  if (exit_code_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ChildProcess::signal(int number) {
  if (!exit_code_) ::kill(pid_, number);
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds patience) {
  if (exit_code_) return exit_code_;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  if (::poll(&ended, 1, static_cast<int>(patience.count())) != 1) return std::nullopt;
  int status = 0;
  ::waitpid(pid_, &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

}  // namespace lightfast::test
