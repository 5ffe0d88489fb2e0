#include "server/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace lightfast {

Result<DataLock> DataLock::take(const std::filesystem::path& path) {
  UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return system_error(errno, "opening the lock " + path.string());
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(errno, "locking " + path.string());
    char text[32] = {};
    const auto length = ::pread(file.get(), text, sizeof text - 1, 0);
    std::string who(text, length > 0 ? static_cast<std::size_t>(length) : 0);
    while (!who.empty() && who.back() == '\n') who.pop_back();
    return Error{Errc::conflict, "another lightfast process" + (who.empty() ? "" : " (pid " + who + ")") +
                                     " is using " + path.parent_path().string()};
  }
  // Only a courtesy to whoever is refused: the lock holds without it.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0) errno = 0;
  return DataLock(std::move(file));
}

}  // namespace lightfast
