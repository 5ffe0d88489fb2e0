// Whether the disks take anything new: asked before something is stored or paid for. It looks at them each time, and
// makes no room (lifecycle does). Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/file_system.h"

namespace lightfast::storage {

// Under which nothing new is taken: an image needs one or two, and others use the disk meanwhile.
inline constexpr std::uint64_t min_free_inodes = 16;

// The smaller of 256 MiB and 5 % of a disk of this size.
std::uint64_t usual_min_free_bytes(std::uint64_t capacity_bytes);

class DiskRoom {
 public:
  struct Disk {
    std::function<Result<SpaceStatus>()> look;
    std::uint64_t min_free_bytes = 0;
  };

  // `database`: where it lies on another disk than the images.
  explicit DiskRoom(Disk images, std::optional<Disk> database = std::nullopt);

  // Whether `bytes` more may come. Errc::storage_full where too little would be left, or hardly an inode is;
  // Errc::read_only where nothing can be written; or the error with which looking failed.
  Result<void> require(std::uint64_t bytes) const;

  Result<SpaceStatus> images_disk() const { return images_.look(); }
  std::uint64_t min_free_bytes() const { return images_.min_free_bytes; }  // on the images' disk

 private:
  Disk images_;
  std::optional<Disk> database_;
};

}  // namespace lightfast::storage
