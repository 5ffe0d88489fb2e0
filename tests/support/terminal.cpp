#include "tests/support/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace lightfast::test {

Terminal::Terminal() : here_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  std::array<char, 64> name{};
  if (!here_ || ::grantpt(here_.get()) != 0 || ::unlockpt(here_.get()) != 0 ||
      ::ptsname_r(here_.get(), name.data(), name.size()) != 0) {
    throw std::runtime_error("cannot make a terminal");
  }
  path_ = name.data();
  there_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  reader_ = std::thread([this] { read_on(); });
}

Terminal::~Terminal() {
  close();
}

// Until the last one who had it open for writing is gone.
void Terminal::read_on() {
  std::array<char, 4096> bytes;
  for (ssize_t count; (count = ::read(here_.get(), bytes.data(), bytes.size())) > 0;) {
    written_.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

std::string Terminal::close() {
  there_.reset();
  if (reader_.joinable()) reader_.join();
  return written_;
}

}  // namespace lightfast::test
