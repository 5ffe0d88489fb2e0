#include "db/sqlite/file_errors.h"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <mutex>

namespace lightfast::db::sqlite {
namespace {

// unixRead() in SQLite's os_unix.c lists the numbers that it takes for damage: ERANGE, EIO, ENXIO, EDEVERR.
ssize_t pread_with_plain_error(int fd, void* bytes, std::size_t count, off_t offset) {
  const ssize_t got = ::pread(fd, bytes, count, offset);
  if (got < 0 && (errno == EIO || errno == ENXIO || errno == ERANGE)) errno = EREMOTEIO;
  return got;
}

thread_local int write_errno = 0;

ssize_t pwrite_that_is_remembered(int fd, const void* bytes, std::size_t count, off_t offset) {
  const ssize_t written = ::pwrite(fd, bytes, count, offset);
  if (written < 0 && errno != EINTR) write_errno = errno;
  return written;
}

void replace(sqlite3_vfs& files, std::initializer_list<const char*> names, sqlite3_syscall_ptr call) {
  for (const char* name : names) {  // whichever of them this build of SQLite calls
    if (files.xGetSystemCall(&files, name) != nullptr) files.xSetSystemCall(&files, name, call);
  }
}

}  // namespace

int last_write_errno() {
  return write_errno;
}

void tell_file_errors_apart() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_vfs* unix_files = sqlite3_vfs_find("unix");
    if (unix_files == nullptr || unix_files->iVersion < 3) return;
    replace(*unix_files, {"pread", "pread64"}, reinterpret_cast<sqlite3_syscall_ptr>(&pread_with_plain_error));
    replace(*unix_files, {"pwrite", "pwrite64"}, reinterpret_cast<sqlite3_syscall_ptr>(&pwrite_that_is_remembered));
  });
}

}  // namespace lightfast::db::sqlite
