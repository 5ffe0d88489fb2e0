#include "db/sqlite/read_errors.h"

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
  keep_read_errors_apart_from_damage();
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

}  // namespace
}  // namespace lightfast::db::sqlite
