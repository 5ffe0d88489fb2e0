#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <random>

#include "base/encoding.h"
#include "base/file_system.h"
#include "server/commands/doctor_checks.h"
#include "server/startup_checks.h"

namespace lightfast::commands {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds slow_sync{50};
constexpr std::uint64_t least_free_inodes = 10'000;
constexpr rlim_t enough_descriptors = 4'096;
constexpr unsigned long cifs_magic = 0xff534d42;  // not in linux/magic.h everywhere
constexpr unsigned long smb2_magic = 0xfe534d42;
constexpr unsigned long fuse_magic = 0x65735546;

// The folder, or the nearest one above it that exists.
fs::path existing(fs::path path) {
  std::error_code problem;
  while (!fs::exists(path, problem) && path != path.parent_path()) path = path.parent_path();
  return path.empty() ? fs::path(".") : path;
}

std::string in_units(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

bool is_in_container() {
  std::error_code problem;
  return fs::exists("/.dockerenv", problem) || fs::exists("/run/.containerenv", problem);
}

Check check_kind(const char* name, const fs::path& folder, const Config& config) {
  struct statfs status {};
  if (::statfs(folder.c_str(), &status) != 0) {
    return {name, Verdict::failed, folder.string() + ": " + std::strerror(errno),
            "make the folder, or mount its volume"};
  }
  switch (static_cast<unsigned long>(status.f_type)) {
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
      return {name, Verdict::failed, folder.string() + " lies in memory", "use a folder on a disk: a restart loses it"};
    case OVERLAYFS_SUPER_MAGIC:
      return {name, Verdict::failed, folder.string() + " lies in the container's own layer",
              "mount a volume there: the next deploy loses what is in it"};
    case NFS_SUPER_MAGIC:
    case cifs_magic:
    case smb2_magic:
      return {name, Verdict::failed, folder.string() + " lies on a network file system",
              "use a local disk or block volume: SQLite's locks and shared memory do not work over the network"};
    case fuse_magic:
      return {name, Verdict::warning, folder.string() + " lies on a FUSE file system",
              "make sure that it keeps what was fsynced, and that SQLite's locks work on it"};
    default: break;
  }
  struct stat own {
  }, root{};
  if (config.volume.empty() && is_in_container() && ::stat(folder.c_str(), &own) == 0 && ::stat("/", &root) == 0 &&
      own.st_dev == root.st_dev) {
    return {name, Verdict::failed, folder.string() + " is on the container's own disk",
            "mount a volume there: the next deploy loses what is in it"};
  }
  return {name, Verdict::ok, folder.string(), ""};
}

// Writes a file as the server would: whole, durable, under a new name, and away again.
Check check_writing(const fs::path& folder) {
  PosixFileSystem files;
  std::random_device random;
  const std::string tag = std::to_string(::getpid()) + "-" + std::to_string(random());
  const fs::path first = folder / (".doctor-" + tag);
  const fs::path second = folder / (".doctor-" + tag + "-renamed");
  const std::string advice = "see that the user the server runs as may write here (Railway: RAILWAY_RUN_UID=0)";
  const auto failed = [&](const char* what, const Error& error) {
    (void)files.remove(first);
    (void)files.remove(second);
    return Check{"writing", Verdict::failed, std::string(what) + " fails: " + explain(error), advice};
  };
  auto file = files.create(first);
  if (!file) return failed("making a file", file.error());
  const std::string text(4096, 'x');
  if (auto written = files.write(file->get(), std::as_bytes(std::span(text))); !written) {
    return failed("writing", written.error());
  }
  const auto began = std::chrono::steady_clock::now();
  if (auto synced = files.sync(file->get()); !synced) return failed("fsync", synced.error());
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  if (auto renamed = files.rename(first, second); !renamed) return failed("renaming", renamed.error());
  if (auto synced = files.sync_directory(folder); !synced) return failed("fsync of the folder", synced.error());
  if (auto removed = files.remove(second); !removed) return failed("removing", removed.error());
  const std::string found = "write, fsync, rename and remove work in " + folder.string() + "; fsync took " +
                            std::to_string(took.count()) + " ms";
  if (took > slow_sync) return {"writing", Verdict::warning, found, "expect slow uploads: each waits for two of them"};
  return {"writing", Verdict::ok, found, ""};
}

Check check_case(const fs::path& folder) {
  PosixFileSystem files;
  const std::string tag = std::to_string(::getpid());
  const fs::path lower = folder / (".doctor-case-" + tag);
  const fs::path upper = folder / (".DOCTOR-CASE-" + tag);
  auto file = files.create(lower);
  if (!file) return {"case", Verdict::failed, "could not be tried: " + explain(file.error()), "see `writing`"};
  const bool ignored = files.status(upper).has_value();
  (void)files.remove(lower);
  if (ignored) {
    return {"case", Verdict::failed, folder.string() + " ignores upper and lower case",
            "use a file system that tells them apart: users differ by it"};
  }
  return {"case", Verdict::ok, "upper and lower case are told apart", ""};
}

Check check_space(const Config& config, const fs::path& folder) {
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    return {"space", Verdict::failed, folder.string() + ": " + std::strerror(errno), "see that the volume is mounted"};
  }
  const std::uint64_t free = status.f_bavail * status.f_frsize;
  const std::uint64_t size = status.f_blocks * status.f_frsize;
  const std::uint64_t refused_under =
      config.min_free_bytes > 0 ? config.min_free_bytes : std::min<std::uint64_t>(256ull << 20, size / 20);
  const std::string found = in_units(free) + " of " + in_units(size) + " are free";
  if (free < refused_under) {
    return {"space", Verdict::failed, found + ": new images are refused under " + in_units(refused_under),
            "grow the volume, or let `lightfast cleanup` make room"};
  }
  if (free < 4 * refused_under) {
    return {"space", Verdict::warning, found + "; new images are refused under " + in_units(refused_under),
            "grow the volume, or set IMAGE_MAX_AGE_DAYS, IMAGE_PER_USER_LIMIT or IMAGE_STORAGE_MAX_BYTES"};
  }
  if (status.f_files > 0 && status.f_favail < least_free_inodes) {
    return {"space", Verdict::warning, found + ", but only " + std::to_string(status.f_favail) + " inodes",
            "each image needs one: make the file system anew with more of them"};
  }
  return {"space", Verdict::ok, found, ""};
}

Check check_one_file_system(const fs::path& images, const fs::path& beside) {
  struct stat first {
  }, second{};
  if (::stat(images.c_str(), &first) == 0 && ::stat(beside.c_str(), &second) == 0 && first.st_dev == second.st_dev) {
    return {"file system", Verdict::ok, "images, database and temporaries lie on one", ""};
  }
  return {"file system", Verdict::warning, "the database lies on another file system than the images",
          "back both up together; temporaries are kept with the images"};
}

Check check_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::string found = "up to " + std::to_string(limit.rlim_cur) + " open files and connections";
  if (limit.rlim_cur >= enough_descriptors) return {"descriptors", Verdict::ok, found, ""};
  return {"descriptors", Verdict::warning, found, "raise `ulimit -n` to " + std::to_string(enough_descriptors)};
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok: return "ok";
    case Verdict::warning: return "warning";
    case Verdict::failed: break;
  }
  return "failed";
}

void check_places(const Config& config, const storage::DataLayout& layout, Checks& checks) {
  if (auto places = lightfast::check_places(config); !places) {
    checks.push_back({"places", Verdict::failed, places.error().detail, "the server will not start before this is so"});
  }
  const fs::path images = existing(fs::absolute(layout.images));
  const fs::path beside = existing(fs::absolute(layout.database.parent_path()));
  checks.push_back(check_kind("images", images, config));
  checks.push_back(check_kind("database folder", beside, config));
  checks.push_back(check_one_file_system(images, beside));
  checks.push_back(check_writing(beside));
  checks.push_back(check_case(beside));
  checks.push_back(check_space(config, images));
  checks.push_back(check_descriptors());
}

}  // namespace lightfast::commands
