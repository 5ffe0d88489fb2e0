#include "base/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

namespace lightfast {
namespace {

// O_NONBLOCK: a FIFO opens at once instead of waiting for its writer; regular files don't notice.
constexpr int file_flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW;
constexpr int folder_flags = O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;

Error not_found(const std::string& relative) {
  return {Errc::not_found, "open " + relative + ": no such file"};
}

Error open_error(int error_number, const std::string& relative) {
  switch (error_number) {
    case EXDEV:  // the name leads out of the folder
    case ENXIO:  // a socket, or a device without a driver
    case ENODEV:
    case EISDIR:
    case ENAMETOOLONG:  // no file can have this name
      return not_found(relative);
    default: return system_error(error_number, "open " + relative);
  }
}

Result<UniqueFd> require_regular(UniqueFd file, const std::string& relative) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return system_error(errno, "fstat " + relative);
  if (!S_ISREG(status.st_mode)) return not_found(relative);
  return file;
}

UniqueFd open_at(int folder, const std::string& name, int flags) {
  int fd = -1;
  do {
    fd = ::openat(folder, name.c_str(), flags);
  } while (fd < 0 && errno == EINTR);
  return UniqueFd(fd);
}

UniqueFd open_resolved(int root, const std::string& relative) {
  open_how how{};
  how.flags = file_flags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  long fd = -1;
  do {
    fd = ::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how);
  } while (fd < 0 && errno == EINTR);
  return UniqueFd(static_cast<int>(fd));
}

}  // namespace

bool is_normal_relative(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view component = path.substr(0, slash);
    if (component.empty() || component == "." || component == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

Result<UniqueFd> open_regular_beneath(int root, const std::string& relative) {
  if (!is_normal_relative(relative)) return not_found(relative);
  UniqueFd file = open_resolved(root, relative);
  if (!file) {
    // EPERM: a sandbox older than openat2, which knows no better answer to a call it never heard of.
    if (errno == ENOSYS || errno == EPERM) return open_regular_by_walking(root, relative);
    return open_error(errno, relative);
  }
  return require_regular(std::move(file), relative);
}

Result<UniqueFd> open_regular_by_walking(int root, const std::string& relative) {
  if (!is_normal_relative(relative)) return not_found(relative);
  UniqueFd folder;
  std::size_t begin = 0;
  for (std::size_t slash; (slash = relative.find('/', begin)) != std::string::npos; begin = slash + 1) {
    UniqueFd next = open_at(folder ? folder.get() : root, relative.substr(begin, slash - begin), folder_flags);
    if (!next) return open_error(errno, relative);
    folder = std::move(next);
  }
  UniqueFd file = open_at(folder ? folder.get() : root, relative.substr(begin), file_flags);
  if (!file) return open_error(errno, relative);
  return require_regular(std::move(file), relative);
}

}  // namespace lightfast
