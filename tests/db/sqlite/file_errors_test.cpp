#include "db/sqlite/file_errors.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "base/unique_fd.h"

namespace lightfast::db::sqlite {
namespace {

TEST_CASE("SQLite is not told of an EIO which it would take for damage") {
  tell_file_errors_apart();
  sqlite3_vfs* unix_files = sqlite3_vfs_find("unix");
  REQUIRE(unix_files);
  const UniqueFd unmapped_memory(::open("/proc/self/mem", O_RDONLY | O_CLOEXEC));  // at 0, where the kernel says EIO
  REQUIRE(unmapped_memory);
  int found = 0;
  for (const char* name : {"pread", "pread64"}) {
    using Pread = ssize_t (*)(int, void*, std::size_t, off_t);
    const auto pread = reinterpret_cast<Pread>(unix_files->xGetSystemCall(unix_files, name));
    if (pread == nullptr) continue;
    ++found;
    char byte = 0;
    errno = 0;
    CHECK(pread(unmapped_memory.get(), &byte, 1, 0) == -1);
    CHECK(errno == EREMOTEIO);
  }
  CHECK(found > 0);
}

TEST_CASE("why a write of a database failed is known after SQLite has forgotten it") {
  tell_file_errors_apart();
  sqlite3_vfs* unix_files = sqlite3_vfs_find("unix");
  REQUIRE(unix_files);
  const UniqueFd only_read(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(only_read);
  int found = 0;
  for (const char* name : {"pwrite", "pwrite64"}) {
    using Pwrite = ssize_t (*)(int, const void*, std::size_t, off_t);
    const auto pwrite = reinterpret_cast<Pwrite>(unix_files->xGetSystemCall(unix_files, name));
    if (pwrite == nullptr) continue;
    ++found;
    CHECK(pwrite(only_read.get(), "x", 1, 0) == -1);
    errno = 0;
    CHECK(last_write_errno() == EBADF);
  }
  CHECK(found > 0);
}

}  // namespace
}  // namespace lightfast::db::sqlite
