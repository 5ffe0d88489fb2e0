// The one seam to the operating system's files: thin calls that storage is built from, and on which tests inject
// faults (tests/support/faulty_file_system.h). Every call may block. PosixFileSystem has no state: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lightfast {

struct FileStatus {
  std::uint64_t size_bytes = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::int64_t change_time_ns = 0;
  std::int64_t modify_time_ns = 0;
  bool is_regular = false;
  bool is_directory = false;
};

struct SpaceStatus {
  std::uint64_t free_bytes = 0;  // for an unprivileged process
  std::uint64_t capacity_bytes = 0;
  // Files that can still be made; the largest number where the file system sets no limit.
  std::uint64_t free_inodes = std::numeric_limits<std::uint64_t>::max();
  bool is_read_only = false;  // as mounted; one that fails may refuse to be written all the same: try_writing()
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Each fails with system_error(errno); nothing is retried but EINTR.
  virtual Result<UniqueFd> create(const std::filesystem::path& path) = 0;  // O_EXCL, mode 0640, for reading and writing
  // For reading, below `root` only: a symlink, `..` or anything but a regular file is Errc::not_found
  // (openat2 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS; never blocks on a FIFO).
  virtual Result<UniqueFd> open_beneath(const std::filesystem::path& root, const std::string& relative) = 0;
  virtual Result<void> write(int fd, std::span<const std::byte> bytes) = 0;  // all of them
  virtual Result<void> allocate(int fd, std::uint64_t bytes) = 0;  // makes an empty file so large, and takes the disk
  // How many bytes were read: fewer than asked for only at the end of the file.
  virtual Result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) = 0;
  virtual Result<FileStatus> status(int fd) = 0;
  virtual Result<FileStatus> status(const std::filesystem::path& path) = 0;  // of the link itself
  virtual Result<void> sync(int fd) = 0;                                     // fsync; a failure is final for this fd
  virtual Result<void> sync_directory(const std::filesystem::path& path) = 0;
  // Errc::conflict where `to` exists: nothing is ever overwritten.
  virtual Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  // The same, but for a file that is at `to`, which is replaced.
  virtual Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual Result<void> remove(const std::filesystem::path& path) = 0;            // a file; absent is Errc::not_found
  virtual Result<void> remove_directory(const std::filesystem::path& path) = 0;  // an empty one
  virtual Result<bool> make_directory(const std::filesystem::path& path) = 0;    // true: made now, false: was there
  // Names in a directory, without . and .., in no order; `visit` returns false to stop.
  virtual Result<void> list(const std::filesystem::path& path,
                            const std::function<bool(const std::string& name)>& visit) = 0;
  virtual Result<SpaceStatus> space(const std::filesystem::path& path) = 0;  // of the file system it lies on
  virtual Result<void> try_writing(const std::filesystem::path& path) = 0;   // opens a file for it, and leaves it as is
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<UniqueFd> create(const std::filesystem::path& path) override;
  Result<UniqueFd> open_beneath(const std::filesystem::path& root, const std::string& relative) override;
  Result<void> write(int fd, std::span<const std::byte> bytes) override;
  Result<void> allocate(int fd, std::uint64_t bytes) override;
  Result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) override;
  Result<FileStatus> status(int fd) override;
  Result<FileStatus> status(const std::filesystem::path& path) override;
  Result<void> sync(int fd) override;
  Result<void> sync_directory(const std::filesystem::path& path) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> remove_directory(const std::filesystem::path& path) override;
  Result<bool> make_directory(const std::filesystem::path& path) override;
  Result<void> list(const std::filesystem::path& path,
                    const std::function<bool(const std::string& name)>& visit) override;
  Result<SpaceStatus> space(const std::filesystem::path& path) override;
  Result<void> try_writing(const std::filesystem::path& path) override;
};

}  // namespace lightfast
