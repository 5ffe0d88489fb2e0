#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/private_mounts.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;

struct statvfs status_of(const fs::path& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) throw std::runtime_error("cannot look at " + path.string());
  return status;
}

}  // namespace

std::unique_ptr<SmallDisk> SmallDisk::mount(std::string_view options) {
  auto problem = make_mounts_private();
  std::unique_ptr<SmallDisk> disk(new SmallDisk);
  fs::create_directories(disk->path_);
  if (!problem && ::mount("small-disk", disk->path_.c_str(), "tmpfs", 0, std::string(options).c_str()) != 0) {
    problem = std::string("cannot mount: ") + std::strerror(errno);
  }
  if (!problem) return disk;
  WARN("SKIPPED: a disk of its own: " << *problem);
  return nullptr;
}

SmallDisk::~SmallDisk() {
  ::umount2(path_.c_str(), MNT_DETACH);
}

// Again and again, since what the program frees meanwhile is taken too.
void SmallDisk::fill(std::uint64_t left) const {
  const UniqueFd file(::open(filler().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!file) throw std::runtime_error("cannot fill " + path_.string());
  const std::vector<char> zeros(1 << 20);
  while (free_bytes() > left) {
    const auto wanted = std::min<std::uint64_t>(zeros.size(), free_bytes() - left);
    if (::write(file.get(), zeros.data(), wanted) < 0 && errno != ENOSPC) throw std::runtime_error("cannot fill");
  }
}

void SmallDisk::fill_inodes(std::uint64_t left) const {
  const fs::path folder = path_ / "fillers";
  if (free_inodes() > left) fs::create_directories(folder);
  for (std::uint64_t i = 0; free_inodes() > left; ++i) std::ofstream(folder / std::to_string(i));
}

void SmallDisk::make_room() const {
  fs::remove(filler());
  fs::remove_all(path_ / "fillers");
}

std::uint64_t SmallDisk::free_bytes() const {
  const auto status = status_of(path_);
  return status.f_bavail * status.f_frsize;
}

std::uint64_t SmallDisk::free_inodes() const {
  return status_of(path_).f_favail;
}

}  // namespace lightfast::test
