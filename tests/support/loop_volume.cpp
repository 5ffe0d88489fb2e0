#include "tests/support/loop_volume.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "tests/support/child_process.h"
#include "tests/support/private_mounts.h"
#include "tests/support/server_process.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds patience{60};

// EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same call, and so is "don't flush the log" (NOLOGFLUSH).
constexpr unsigned long shutdown_call = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t without_log_flush = 2;

std::string device_number(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("cannot look at " + path.string());
  return std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
}

std::runtime_error failure(const std::string& what) {
  return std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

std::optional<std::string> why_no_loop_volumes() {
  if (::access("/dev/loop-control", F_OK) != 0) return "there are no loop devices";
  return make_mounts_private();
}

LoopVolume::LoopVolume(std::string file_system, const fs::path& folder, std::uintmax_t size_bytes)
    : file_system_(std::move(file_system)), folder_(folder), image_(folder / "volume"), mount_point_(folder / "mount") {
  fs::create_directories(mount_point_);
  write_file(image_, "");
  fs::resize_file(image_, size_bytes);
  run("mkfs." + file_system_, {"-q", image_.string()});
}

LoopVolume::~LoopVolume() {
  if (mounted_) ::umount2(mount_point_.c_str(), MNT_DETACH);
}

std::string LoopVolume::run(const std::string& program, const std::vector<std::string>& arguments) {
  const fs::path output = folder_ / "output";
  fs::remove(output);
  for (const char* place : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    if (!fs::exists(place + program)) continue;
    ChildProcess child({.program = place + program,
                        .arguments = arguments,
                        .environment = {},
                        .working_folder = folder_,
                        .out_file = output,
                        .err_file = output});
    if (child.wait(patience) != 0) throw std::runtime_error(program + ": " + read_file(output));
    return read_file(output);
  }
  throw std::runtime_error(program + " is not installed (scripts/install-deps)");
}

void LoopVolume::mount() {
  run("mount", {"-t", file_system_, "-o", "loop,noatime", image_.string(), mount_point_.string()});
  mounted_ = true;
}

// What ext4 offers for tests: as if it had found itself damaged.
void LoopVolume::fail() {
  if (::mount(nullptr, mount_point_.c_str(), nullptr, MS_REMOUNT | MS_NOATIME, "errors=remount-ro") != 0) {
    throw failure("mounting anew");
  }
  const std::string device = fs::read_symlink("/sys/dev/block/" + device_number(mount_point_)).filename();
  write_file("/sys/fs/ext4/" + device + "/trigger_fs_error", "a test");
}

void LoopVolume::cut() {
  const UniqueFd root(::open(mount_point_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::uint32_t how = without_log_flush;
  if (!root || ::ioctl(root.get(), shutdown_call, &how) != 0) throw failure("cutting off the " + file_system_);
}

void LoopVolume::unmount() {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (::umount2(mount_point_.c_str(), 0) != 0) {
    if (errno != EBUSY || std::chrono::steady_clock::now() > deadline) throw failure("unmounting");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  mounted_ = false;
}

}  // namespace lightfast::test
