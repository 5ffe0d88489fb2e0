// A terminal that a program under test writes to: what it wrote, byte for byte. One thread at a time.
#pragma once

#include <filesystem>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace lightfast::test {

class Terminal {
 public:
  Terminal();
  Terminal(const Terminal&) = delete;
  ~Terminal();

  const std::filesystem::path& path() const { return path_; }  // to be opened by the program
  std::string close();                                         // once the program has ended: all that it wrote

 private:
  void read_on();

  UniqueFd here_;
  std::filesystem::path path_;
  UniqueFd there_;  // held open, so that nothing ends before the program begins
  std::string written_;
  std::thread reader_;
};

}  // namespace lightfast::test
