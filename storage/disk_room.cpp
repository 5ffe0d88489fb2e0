#include "storage/disk_room.h"

#include <algorithm>

namespace lightfast::storage {
namespace {

Result<void> require_room(const DiskRoom::Disk& disk, const std::string& name, std::uint64_t bytes) {
  const auto space = disk.look();
  if (!space) return space.error();
  if (space->is_read_only) {
    return Error{Errc::read_only, name + " can only be read just now: nothing is stored, changed or removed"};
  }
  if (space->free_bytes < disk.min_free_bytes + bytes) {
    return Error{Errc::storage_full, name + " is nearly full: new images are refused until there is room again"};
  }
  if (space->free_inodes < min_free_inodes) {
    return Error{Errc::storage_full, name +
                                         " can hold hardly any more files, however small (its inodes are used up): "
                                         "new images are refused until some have been removed"};
  }
  return {};
}

}  // namespace

std::uint64_t usual_min_free_bytes(std::uint64_t capacity_bytes) {
  return std::min<std::uint64_t>(256u << 20, capacity_bytes / 20);
}

DiskRoom::DiskRoom(Disk images, std::optional<Disk> database)
    : images_(std::move(images)), database_(std::move(database)) {}

Result<void> DiskRoom::require(std::uint64_t bytes) const {
  auto room = require_room(images_, "the disk", bytes);
  if (room && database_) room = require_room(*database_, "the database's disk", 0);
  return room;
}

}  // namespace lightfast::storage
