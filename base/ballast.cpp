#include "base/ballast.h"

#include <algorithm>

namespace lightfast {
namespace {

constexpr std::uint64_t largest = 16u << 20;
constexpr std::uint64_t share_of_disk = 32;
constexpr std::uint64_t block = 4096;

}  // namespace

Ballast::Ballast(FileSystem& files, std::filesystem::path path, Logger& log)
    : files_(files), path_(std::move(path)), log_(log) {
  const auto space = files_.space(path_.parent_path());
  if (space) size_bytes_ = std::min(largest, space->capacity_bytes / share_of_disk) / block * block;
  is_kept_ = is_whole();
}

bool Ballast::is_whole() {
  const auto status = files_.status(path_);
  return status && status->is_regular && status->size_bytes == size_bytes_;
}

// A disk that cannot be looked at is not taken for a full one.
std::uint64_t Ballast::free_bytes() {
  const auto space = files_.space(path_.parent_path());
  return space ? space->free_bytes : std::numeric_limits<std::uint64_t>::max();
}

bool Ballast::make_room() {
  if (free_bytes() >= size_bytes_) return false;
  give_up();
  return true;
}

void Ballast::give_up() {
  const std::lock_guard lock(mutex_);
  if (!is_kept_) return;
  is_kept_ = false;
  remove();
  log_.warning("the disk is full: what was kept back on it is given up, so that removing and cleaning up go on",
               {{"bytes", size_bytes_}, {"was", path_.string()}});
}

void Ballast::keep() {
  const std::lock_guard lock(mutex_);
  if (is_kept_ || size_bytes_ == 0 || free_bytes() < 3 * size_bytes_) return;
  is_kept_ = make().has_value();
  if (is_kept_) {
    log_.info("disk is kept back for when it is full", {{"bytes", size_bytes_}, {"as", path_.string()}});
  } else {
    remove();
  }
}

Result<void> Ballast::make() {
  (void)files_.remove(path_);
  const auto file = files_.create(path_);
  if (!file) return file.error();
  if (auto allocated = files_.allocate(file->get(), size_bytes_); !allocated) return allocated;
  return files_.sync(file->get());
}

// Synced, since a file system may set blocks free only when the removal is on the disk.
void Ballast::remove() {
  (void)files_.remove(path_);
  (void)files_.sync_directory(path_.parent_path());
}

std::uint64_t Ballast::missing_bytes() const {
  const std::lock_guard lock(mutex_);
  return is_kept_ ? 0 : size_bytes_;
}

}  // namespace lightfast
