// Changes on a disk without a byte left: the ballast makes room for them, and nothing else does.
#include <catch2/catch.hpp>

#include "db/access.h"
#include "db/sqlite/sqlite_database.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/faulty_vfs.h"
#include "tests/support/small_disk.h"

namespace lightfast::test {
namespace {

using db::Session;

struct Tables {
  explicit Tables(const std::filesystem::path& folder) : ballast(files, folder / "ballast", log) {}

  void open(const std::filesystem::path& folder, Ballast* reserve) {
    database = db::open_sqlite({.path = folder / "lightfast.db", .ballast = reserve}, clock, log).value();
  }
  Result<void> insert(int number) {
    db::ImageRecord image{ids.next_image_id(), UserId::parse("ana").value()};
    image.file_key = "ana/" + image.id.str();
    image.sha256 = sha256(std::to_string(number));
    image.metadata = std::string(2'000, 'x');
    made.push_back(image.id);
    auto inserted = db::commit_blocking(*database, [&](Session& session) { return session.images().insert(image); });
    if (!inserted) return inserted.error();
    return {};
  }
  Result<void> remove(const ImageId& id) {
    auto removed =
        db::commit_blocking(*database, [&](Session& session) { return session.images().remove(id, clock.now()); });
    if (!removed) return removed.error();
    return {};
  }

  ManualClock clock;
  IdGenerator ids{clock};
  Logger log{LogLevel::error, LogFormat::text};
  PosixFileSystem files;
  Ballast ballast;
  std::unique_ptr<db::Database> database;
  std::vector<ImageId> made;
};

TEST_CASE("on a full disk one image after the other can be removed as long as there was ballast") {
  const auto disk = SmallDisk::mount("size=8m");
  if (!disk) return;
  Tables tables(disk->path());
  tables.ballast.keep();
  tables.open(disk->path(), &tables.ballast);
  for (int i = 0; i < 200; ++i) REQUIRE(tables.insert(i));
  disk->fill();
  std::size_t removed = 0;
  while (removed < tables.made.size() && tables.remove(tables.made[removed])) ++removed;
  CHECK(removed == tables.made.size());
  CHECK(tables.ballast.missing_bytes() == tables.ballast.size_bytes());
  CHECK(tables.database->quick_check());
}

TEST_CASE("without ballast a full disk takes removals only until the log's room is used up") {
  const auto disk = SmallDisk::mount("size=8m");
  if (!disk) return;
  Tables tables(disk->path());
  tables.open(disk->path(), nullptr);
  for (int i = 0; i < 200; ++i) REQUIRE(tables.insert(i));
  disk->fill();
  Result<void> outcome;
  std::size_t removed = 0;
  while (removed < tables.made.size() && (outcome = tables.remove(tables.made[removed]))) ++removed;
  REQUIRE(removed < tables.made.size());
  CHECK(outcome.error().code == Errc::storage_full);
  disk->make_room();
  CHECK(tables.remove(tables.made[removed]));
  CHECK(tables.database->quick_check());
}

TEST_CASE("a disk that calls itself full while it says that there is room costs the ballast") {
  FaultyVfs vfs;
  TemporaryFolder folder;
  Tables tables(folder.path());
  tables.ballast.keep();
  tables.open(folder.path(), &tables.ballast);
  REQUIRE(tables.insert(1));
  CHECK(tables.ballast.missing_bytes() == 0);
  vfs.set(FaultyVfs::Fault::disk_full);
  CHECK(tables.insert(2).error().code == Errc::storage_full);
  CHECK(tables.ballast.missing_bytes() > 0);
  vfs.set(FaultyVfs::Fault::none);
  CHECK(tables.insert(3));
}

}  // namespace
}  // namespace lightfast::test
