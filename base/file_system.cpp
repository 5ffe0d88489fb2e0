#include "base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "base/exclusive_rename.h"
#include "base/id.h"
#include "base/open_beneath.h"

namespace lightfast {
namespace {

constexpr mode_t file_mode = 0640;
constexpr mode_t directory_mode = 0750;

// Makes the call again as long as a signal interrupts it.
template <class Call>
auto retried(Call call) {
  auto outcome = call();
  while (outcome < 0 && errno == EINTR) outcome = call();
  return outcome;
}

Error failed(std::string_view call, const std::filesystem::path& path) {
  return system_error(errno, std::string(call) + " " + path.string());
}

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStatus to_status(const struct stat& raw) {
  FileStatus status;
  status.size_bytes = static_cast<std::uint64_t>(raw.st_size);
  status.inode = raw.st_ino;
  status.device = raw.st_dev;
  status.change_time_ns = nanoseconds(raw.st_ctim);
  status.modify_time_ns = nanoseconds(raw.st_mtim);
  status.is_regular = S_ISREG(raw.st_mode);
  status.is_directory = S_ISDIR(raw.st_mode);
  return status;
}

}  // namespace

Result<UniqueFd> PosixFileSystem::create(const std::filesystem::path& path) {
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  UniqueFd file(retried([&] { return ::open(path.c_str(), flags, file_mode); }));
  if (!file) return failed("create", path);
  return file;
}

Result<UniqueFd> PosixFileSystem::open_beneath(const std::filesystem::path& root, const std::string& relative) {
  const UniqueFd folder(retried([&] { return ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder) {
    // A missing root is a lost volume: saying that the file is not there would be a lie.
    Error error = failed("open", root);
    if (error.code == Errc::not_found) error.code = Errc::internal;
    return error;
  }
  return open_regular_beneath(folder.get(), relative);
}

Result<void> PosixFileSystem::write(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = retried([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return system_error(errno, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

// Where the file system cannot set blocks aside, they are filled with what it cannot make smaller.
Result<void> PosixFileSystem::allocate(int fd, std::uint64_t bytes) {
  if (retried([&] { return ::fallocate(fd, 0, 0, static_cast<off_t>(bytes)); }) == 0) return {};
  if (errno != EOPNOTSUPP) return system_error(errno, "fallocate");
  for (std::uint64_t left = bytes; left > 0;) {
    const std::string noise = random_bytes(std::min<std::uint64_t>(left, 1 << 16));
    if (const Result<void> written = write(fd, std::as_bytes(std::span(noise))); !written) return written;
    left -= noise.size();
  }
  return {};
}

Result<std::size_t> PosixFileSystem::read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = retried([&] {
      return ::pread(fd, buffer.data() + filled, buffer.size() - filled, static_cast<off_t>(offset + filled));
    });
    if (got < 0) return system_error(errno, "read");
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

Result<FileStatus> PosixFileSystem::status(int fd) {
  struct stat raw {};
  if (::fstat(fd, &raw) != 0) return system_error(errno, "fstat");
  return to_status(raw);
}

Result<FileStatus> PosixFileSystem::status(const std::filesystem::path& path) {
  struct stat raw {};
  if (::lstat(path.c_str(), &raw) != 0) return failed("lstat", path);
  return to_status(raw);
}

Result<void> PosixFileSystem::sync(int fd) {
  if (retried([&] { return ::fsync(fd); }) != 0) return system_error(errno, "fsync");
  return {};
}

Result<void> PosixFileSystem::sync_directory(const std::filesystem::path& path) {
  const UniqueFd folder(retried([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder) return failed("open", path);
  // EINVAL: a file system that has no fsync for directories keeps their entries by itself.
  if (retried([&] { return ::fsync(folder.get()); }) != 0 && errno != EINVAL) return failed("fsync", path);
  return {};
}

Result<void> PosixFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  return rename_exclusively(from, to);
}

Result<void> PosixFileSystem::replace(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename " + from.string() + " to", to);
  return {};
}

Result<void> PosixFileSystem::remove(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) return failed("unlink", path);
  return {};
}

Result<void> PosixFileSystem::remove_directory(const std::filesystem::path& path) {
  if (::rmdir(path.c_str()) != 0) return failed("rmdir", path);
  return {};
}

Result<bool> PosixFileSystem::make_directory(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), directory_mode) == 0) return true;
  if (errno != EEXIST) return failed("mkdir", path);
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return failed("stat", path);
  if (S_ISDIR(there.st_mode)) return false;
  return Error{Errc::internal, "mkdir " + path.string() + ": something else than a directory is there"};
}

Result<void> PosixFileSystem::list(const std::filesystem::path& path,
                                   const std::function<bool(const std::string& name)>& visit) {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::opendir(path.c_str()));
  if (!directory) return failed("opendir", path);
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) {
      if (errno != 0) return failed("readdir", path);
      return {};
    }
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && !visit(name)) return {};
  }
}

Result<SpaceStatus> PosixFileSystem::space(const std::filesystem::path& path) {
  struct statvfs raw {};
  if (retried([&] { return ::statvfs(path.c_str(), &raw); }) != 0) return failed("statvfs", path);
  const std::uint64_t block = raw.f_frsize;
  SpaceStatus status{.free_bytes = raw.f_bavail * block, .capacity_bytes = raw.f_blocks * block};
  if (raw.f_files > 0) status.free_inodes = raw.f_favail;
  status.is_read_only = (raw.f_flag & ST_RDONLY) != 0;
  return status;
}

Result<void> PosixFileSystem::try_writing(const std::filesystem::path& path) {
  const UniqueFd file(retried([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); }));
  if (!file) return failed("open", path);
  return {};
}

}  // namespace lightfast
