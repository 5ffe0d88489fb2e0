// The real program under test: `lightfast` with its own data folder and port on the loopback, started, stopped, killed
// and restarted on the same data; admin commands beside it. Never touches another process. One thread at a time,
// except port(), run() and the paths.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

namespace lightfast::test {

struct CommandResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class ServerProcess {
 public:
  // Not started yet. The program sees `environment` over HOST, PORT and IMAGE_STORAGE_PATH, and no other variables.
  // Its data lies in a folder of its own, unless IMAGE_STORAGE_PATH says otherwise.
  explicit ServerProcess(Environment environment = {});

  // Returns when /readyz answers 200, or 503 where `environment` makes it so. Throws with its stderr if it ends
  // instead.
  void start();
  int stop();        // SIGTERM; the exit code. Throws if it is still there after 30 s
  void terminate();  // SIGTERM, without waiting
  int wait();        // for its end, at most 30 s
  void kill();       // SIGKILL
  void restart();    // stop() with exit code 0, start()

  // Runs `lightfast <arguments>` to its end in the same environment and working folder, `extra` over it. Any thread.
  CommandResult run(const std::vector<std::string>& arguments, const Environment& extra = {}) const;
  // The same, not to its end. What it says on stderr goes to `err`, where that is given.
  std::unique_ptr<ChildProcess> begin(const std::vector<std::string>& arguments,
                                      const std::filesystem::path& err = {}) const;

  Environment& environment() { return environment_; }  // for the next start
  void replace_program(std::filesystem::path program) { program_ = std::move(program); }
  int port() const { return port_; }
  int pid() const { return child_->pid(); }
  std::string base_url() const { return "http://localhost:" + std::to_string(port_); }
  std::filesystem::path data() const { return images().parent_path(); }
  std::filesystem::path images() const { return environment_.at("IMAGE_STORAGE_PATH"); }
  std::filesystem::path database() const { return data() / "lightfast.db"; }
  std::filesystem::path working_folder() const { return folder_.path() / "work"; }
  std::string log() const;  // what it has written to stderr in all its runs

 private:
  ChildSetup setup(const std::vector<std::string>& arguments, const std::string& output) const;

  TemporaryFolder folder_;
  int port_ = 0;
  std::filesystem::path program_;
  Environment environment_;
  std::unique_ptr<ChildProcess> child_;
};

// A port nobody listens on. Outside the range from which the kernel gives ports to outgoing connections.
int choose_free_port();

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace lightfast::test
