#include "storage/file_stamp.h"

#include <sys/stat.h>

namespace lightfast::storage {

std::optional<FileStamp> FileStamp::of(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return std::nullopt;
  return FileStamp{status.st_ino, static_cast<std::uint64_t>(status.st_size),
                   status.st_ctim.tv_sec * std::int64_t{1'000'000'000} + status.st_ctim.tv_nsec};
}

std::string FileStamp::text() const {
  return std::to_string(inode) + ':' + std::to_string(size_bytes) + ':' + std::to_string(change_time_ns);
}

}  // namespace lightfast::storage
