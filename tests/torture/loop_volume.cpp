#include "tests/torture/loop_volume.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "tests/support/child_process.h"
#include "tests/support/server_process.h"

namespace lightfast::torture {
namespace {

constexpr std::uintmax_t volume_bytes = 512u << 20;
constexpr std::chrono::seconds patience{60};

// EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same call, and so is "don't flush the log" (NOLOGFLUSH).
constexpr unsigned long shutdown_call = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t without_log_flush = 2;

std::runtime_error failure(const std::string& what) {
  return std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

std::optional<std::string> make_mounts_private() {
  if (::geteuid() != 0) return "needs root";
  if (::access("/dev/loop-control", F_OK) != 0) return "there are no loop devices";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return std::string("cannot have mounts of its own: ") + std::strerror(errno);
  }
  return std::nullopt;
}

LoopVolume::LoopVolume(std::string file_system, const std::filesystem::path& folder)
    : file_system_(std::move(file_system)), folder_(folder), image_(folder / "volume"), mount_point_(folder / "mount") {
  std::filesystem::create_directories(mount_point_);
  test::write_file(image_, "");
  std::filesystem::resize_file(image_, volume_bytes);
  run("mkfs." + file_system_, {"-q", image_.string()});
}

LoopVolume::~LoopVolume() {
  if (mounted_) ::umount2(mount_point_.c_str(), MNT_DETACH);
}

std::string LoopVolume::run(const std::string& program, const std::vector<std::string>& arguments) {
  const std::filesystem::path output = folder_ / "output";
  std::filesystem::remove(output);
  for (const char* place : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
    if (!std::filesystem::exists(place + program)) continue;
    test::ChildProcess child({.program = place + program,
                              .arguments = arguments,
                              .environment = {},
                              .working_folder = folder_,
                              .out_file = output,
                              .err_file = output});
    if (child.wait(patience) != 0) throw std::runtime_error(program + ": " + test::read_file(output));
    return test::read_file(output);
  }
  throw std::runtime_error(program + " is not installed (scripts/install-deps)");
}

void LoopVolume::mount() {
  run("mount", {"-t", file_system_, "-o", "loop,noatime", image_.string(), mount_point_.string()});
  mounted_ = true;
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

}  // namespace lightfast::torture
