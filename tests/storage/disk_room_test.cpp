#include "storage/disk_room.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::storage {
namespace {

struct Disks {
  SpaceStatus images{.free_bytes = 10'000, .capacity_bytes = 100'000};
  SpaceStatus database{.free_bytes = 10'000, .capacity_bytes = 100'000};
  DiskRoom one{{[this] { return images; }, 1'000}};
  DiskRoom two{{[this] { return images; }, 1'000}, DiskRoom::Disk{[this] { return database; }, 500}};
};

TEST_CASE("so many bytes may come as leave what must stay free") {
  Disks disks;
  CHECK(disks.one.require(9'000));
  CHECK(disks.one.require(9'001).error().code == Errc::storage_full);
  disks.images.free_bytes = 999;
  const auto full = disks.one.require(0);
  CHECK(full.error().code == Errc::storage_full);
  CHECK(full.error().detail.find("nearly full") != std::string::npos);
}

TEST_CASE("with hardly an inode left nothing comes, and it is said that bytes are not what is missing") {
  Disks disks;
  disks.images.free_inodes = min_free_inodes;
  CHECK(disks.one.require(1));
  disks.images.free_inodes = min_free_inodes - 1;
  const auto full = disks.one.require(1);
  CHECK(full.error().code == Errc::storage_full);
  CHECK(full.error().detail.find("inodes") != std::string::npos);
}

TEST_CASE("where the disk can only be read that is said, however full it is") {
  Disks disks;
  disks.images.is_read_only = true;
  CHECK(disks.one.require(0).error().code == Errc::read_only);
  disks.images.free_bytes = 0;
  CHECK(disks.one.require(0).error().code == Errc::read_only);
}

TEST_CASE("a database on a disk of its own needs room there, for itself alone") {
  Disks disks;
  disks.database.free_bytes = 500;
  CHECK(disks.two.require(9'000));
  disks.database.free_bytes = 499;
  const auto full = disks.two.require(0);
  CHECK(full.error().code == Errc::storage_full);
  CHECK(full.error().detail.starts_with("the database's disk"));
  CHECK(disks.one.require(0));
}

TEST_CASE("a disk that cannot be looked at takes nothing") {
  const DiskRoom room({[]() -> Result<SpaceStatus> { return system_error(EIO, "statvfs"); }, 0});
  CHECK(room.require(0).error().code == Errc::internal);
}

TEST_CASE("what usually stays free is a twentieth of the disk, but not more than 256 MiB") {
  CHECK(usual_min_free_bytes(100'000) == 5'000);
  CHECK(usual_min_free_bytes(std::uint64_t{1} << 40) == 256u << 20);
}

}  // namespace
}  // namespace lightfast::storage
