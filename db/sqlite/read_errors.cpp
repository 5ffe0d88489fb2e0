#include "db/sqlite/read_errors.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

namespace lightfast::db::sqlite {
namespace {

// unixRead() in SQLite's os_unix.c lists the numbers that it takes for damage: ERANGE, EIO, ENXIO, EDEVERR.
ssize_t pread_with_plain_error(int fd, void* bytes, std::size_t count, off_t offset) {
  const ssize_t got = ::pread(fd, bytes, count, offset);
  if (got < 0 && (errno == EIO || errno == ENXIO || errno == ERANGE)) errno = EREMOTEIO;
  return got;
}

}  // namespace

void keep_read_errors_apart_from_damage() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_vfs* unix_files = sqlite3_vfs_find("unix");
    if (unix_files == nullptr || unix_files->iVersion < 3) return;
    for (const char* name : {"pread", "pread64"}) {  // whichever this build of SQLite reads with
      if (unix_files->xGetSystemCall(unix_files, name) == nullptr) continue;
      unix_files->xSetSystemCall(unix_files, name, reinterpret_cast<sqlite3_syscall_ptr>(&pread_with_plain_error));
    }
  });
}

}  // namespace lightfast::db::sqlite
