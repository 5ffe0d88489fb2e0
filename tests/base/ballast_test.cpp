#include "base/ballast.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/quick_place.h"
#include "tests/support/temporary_folder.h"

using namespace lightfast;
using namespace lightfast::test;

namespace {

struct Disk {
  explicit Disk(std::uint64_t capacity) : capacity_bytes(capacity) { set_free(capacity); }

  void set_free(std::uint64_t bytes) {
    files.pretend(SpaceStatus{.free_bytes = bytes, .capacity_bytes = capacity_bytes});
  }
  Ballast ballast() { return Ballast(files, place, log); }
  std::uint64_t bytes_there() const { return std::filesystem::exists(place) ? std::filesystem::file_size(place) : 0; }

  const std::uint64_t capacity_bytes;
  TemporaryFolder folder{quick_place()};
  const std::filesystem::path place = folder.path() / "ballast";
  PosixFileSystem posix;
  FaultyFileSystem files{posix};
  Logger log{LogLevel::error, LogFormat::text};
};

constexpr std::uint64_t capacity = 4u << 20;
constexpr std::uint64_t size = capacity / 32;

}  // namespace

TEST_CASE("Ballast is kept while there is room, given up when there is none, and kept again") {
  Disk disk(capacity);
  Ballast ballast = disk.ballast();
  CHECK(disk.bytes_there() == 0);
  CHECK(ballast.missing_bytes() == size);
  ballast.keep();
  CHECK(disk.bytes_there() == size);
  CHECK(ballast.missing_bytes() == 0);
  CHECK_FALSE(ballast.make_room());

  disk.set_free(size - 1);
  CHECK(ballast.make_room());
  CHECK(disk.bytes_there() == 0);
  CHECK(ballast.missing_bytes() == size);
  CHECK(ballast.make_room());
  ballast.keep();
  CHECK(disk.bytes_there() == 0);

  disk.set_free(3 * size - 1);
  CHECK_FALSE(ballast.make_room());
  ballast.keep();
  CHECK(disk.bytes_there() == 0);
  disk.set_free(3 * size);
  ballast.keep();
  CHECK(disk.bytes_there() == size);
}

TEST_CASE("Ballast that an earlier start has made counts if it is whole") {
  Disk disk(capacity);
  disk.ballast().keep();
  CHECK(disk.ballast().missing_bytes() == 0);
  std::filesystem::resize_file(disk.place, 1);
  Ballast ballast = disk.ballast();
  CHECK(ballast.missing_bytes() == size);
  ballast.keep();
  CHECK(disk.bytes_there() == size);
}

TEST_CASE("Ballast is at most a 32nd of the disk and at most 16 MiB") {
  CHECK(Disk(100 * capacity).ballast().size_bytes() == 100 * size);
  CHECK(Disk(std::uint64_t{1} << 50).ballast().size_bytes() == 16u << 20);
  Disk tiny(100'000);
  Ballast none = tiny.ballast();
  none.keep();
  CHECK(none.size_bytes() == 0);
  CHECK(none.missing_bytes() == 0);
  CHECK(tiny.bytes_there() == 0);
}

TEST_CASE("Whatever fails while ballast is made it is all there or nothing of it is") {
  for (std::size_t nth = 1;; ++nth) {
    Disk disk(capacity);
    Ballast ballast = disk.ballast();
    disk.files.inject({.nth = nth, .error_number = ENOSPC});
    ballast.keep();
    const bool has_failed = !disk.files.failures().empty();
    disk.files.heal();
    INFO("call " << nth);
    CHECK(disk.bytes_there() == (ballast.missing_bytes() == 0 ? size : 0));
    ballast.keep();
    CHECK(disk.bytes_there() == size);
    if (!has_failed) break;
    REQUIRE(nth < 100);
  }
}

TEST_CASE("Where room runs out all the same the ballast is given up") {
  Disk disk(capacity);
  Ballast ballast = disk.ballast();
  ballast.keep();
  ballast.give_up();
  CHECK(disk.bytes_there() == 0);
}
