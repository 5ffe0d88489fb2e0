#include "tests/support/private_mounts.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lightfast::test {

std::optional<std::string> make_mounts_private() {
  static thread_local bool done = false;
  if (done) return std::nullopt;
  if (::geteuid() != 0) return "needs root";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return std::string("cannot have mounts of its own: ") + std::strerror(errno);
  }
  done = true;
  return std::nullopt;
}

}  // namespace lightfast::test
