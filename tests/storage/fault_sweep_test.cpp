// Every call to the file system fails once in turn, and then from some call on: whatever happens, a blob is whole under
// its key or not there, and nothing is left behind.
#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/storage/storage_fixtures.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"
#include "tests/support/faulty_file_system.h"

using namespace lightfast;
using namespace lightfast::test;
using lightfast::storage::FilesystemStorage;

namespace fs = std::filesystem;

namespace {

const std::string content = "the bytes of an image";

struct FaultyDisk {
  TemporaryFolder folder;
  PosixFileSystem posix;
  FaultyFileSystem files{posix};
  storage::DataLayout layout = layout_in(folder);
  std::unique_ptr<FilesystemStorage> storage = FilesystemStorage::open_root(files, layout).value();

  std::size_t temporaries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(layout.temporary), fs::directory_iterator()));
  }
};

// Runs `check` once for every call that `attempt` makes, with that call failing. `attempt` gets a fresh disk, after
// `prepare`; `check` a healed one and what the attempt returned.
template <class Prepare, class Attempt, class Check>
void sweep(Prepare prepare, Attempt attempt, Check check) {
  const int error_number = GENERATE(EIO, ENOSPC, EROFS);
  const Fault::Lasts lasts = GENERATE(Fault::Lasts::once, Fault::Lasts::from_then_on);
  std::size_t tried = 0;
  for (std::size_t nth = 1;; ++nth) {
    FaultyDisk disk;
    prepare(disk);
    disk.files.inject({.nth = nth, .error_number = error_number, .lasts = lasts});
    const auto outcome = attempt(disk);
    const bool reached = !disk.files.failures().empty();
    disk.files.heal();
    CAPTURE(error_number, lasts, nth);
    if (!reached) {
      REQUIRE(outcome);
      break;
    }
    ++tried;
    check(disk, outcome);
  }
  REQUIRE(tried >= 2);
}

void put_one(FaultyDisk& disk) {
  REQUIRE(put_bytes(*disk.storage, make_key(1, 1), content));
}

}  // namespace

TEST_CASE("Whatever fails in a put, the blob is whole or not there, and nothing is left") {
  sweep([](FaultyDisk&) {}, [](FaultyDisk& disk) { return put_bytes(*disk.storage, make_key(1, 1), content); },
        [](FaultyDisk& disk, const Result<storage::BlobInfo>& put) {
          // Only where the removal itself failed may anything stay, for the next start to find.
          const bool removal_failed = disk.files.has_failed(FileCall::remove);
          const bool folder_stayed = disk.files.has_failed(FileCall::remove_directory);
          if (put) {
            CHECK(*read_bytes(*disk.storage, make_key(1, 1)) == content);
            CHECK(disk.storage->status(make_key(1, 1))->stamp == put->stamp);
          } else if (!removal_failed) {
            CHECK(disk.storage->open(make_key(1, 1)).error().code == Errc::not_found);
            CHECK(disk.temporaries() == 0);
            CHECK(list_keys(*disk.storage).empty());
            CHECK((folder_stayed || fs::is_empty(disk.layout.images)));
            CHECK(put_bytes(*disk.storage, make_key(1, 1), content));  // and the next one works
          }
          REQUIRE(disk.storage->remove_leftovers());
          CHECK(disk.temporaries() == 0);
        });
}

TEST_CASE("With a failed sync nothing is ever under the key, however long it lasts") {
  const FileCall call = GENERATE(FileCall::sync, FileCall::sync_directory);
  const Fault::Lasts lasts = GENERATE(Fault::Lasts::once, Fault::Lasts::from_then_on);
  FaultyDisk disk;
  disk.files.inject({.nth = 1, .error_number = EIO, .lasts = lasts, .only = call});
  REQUIRE_FALSE(put_bytes(*disk.storage, make_key(1, 1), content));
  CHECK(disk.storage->open(make_key(1, 1)).error().code == Errc::not_found);
  CHECK(list_keys(*disk.storage).empty());
  CHECK(disk.temporaries() == 0);
}

TEST_CASE("The root is synced again after its sync failed, before any put relies on a new folder") {
  FaultyDisk disk;
  disk.files.inject({.nth = 1, .error_number = EIO, .lasts = Fault::Lasts::once, .only = FileCall::sync_directory});
  REQUIRE_FALSE(put_bytes(*disk.storage, make_key(1, 1), content));
  fs::create_directories(disk.layout.images / "user1");  // as if the folder had stayed

  disk.files.inject({.nth = 100, .error_number = EIO, .only = FileCall::sync_directory});
  REQUIRE(put_bytes(*disk.storage, make_key(1, 1), content));
  CHECK(disk.files.calls() == 2);  // the root and the user's folder
  REQUIRE(put_bytes(*disk.storage, make_key(1, 2), content));
  CHECK(disk.files.calls() == 3);
}

TEST_CASE("A put makes the user's folder once more if somebody tidied it away") {
  const FileCall call = GENERATE(FileCall::rename, FileCall::make_directory);
  FaultyDisk disk;
  disk.files.inject({.nth = 1, .error_number = ENOENT, .lasts = Fault::Lasts::once, .only = call});
  REQUIRE(put_bytes(*disk.storage, make_key(1, 1), content));
  CHECK(disk.files.failures().size() == 1);
}

TEST_CASE("A put syncs its bytes once and its folder once, and the root only for a new user") {
  FaultyDisk disk;
  disk.files.inject({.nth = 100, .error_number = EIO, .only = FileCall::sync});
  put_one(disk);
  CHECK(disk.files.calls() == 1);
}

TEST_CASE("A removal syncs the folder that the blob was in") {
  FaultyDisk disk;
  put_one(disk);
  REQUIRE(put_bytes(*disk.storage, make_key(1, 2), content));
  disk.files.inject({.nth = 100, .error_number = EIO, .only = FileCall::sync_directory});
  REQUIRE(disk.storage->remove(make_key(1, 1)));
  CHECK(disk.files.calls() == 1);
}

TEST_CASE("After a failed append a spool cannot be put") {
  FaultyDisk disk;
  auto spool = disk.storage->create_spool().value();
  disk.files.inject({.nth = 1, .error_number = ENOSPC, .only = FileCall::write});
  const auto appended = spool->append(std::as_bytes(std::span(content)));
  REQUIRE_FALSE(appended);
  CHECK(appended.error().code == Errc::storage_full);
  CHECK(spool->append(std::as_bytes(std::span(content))));
  CHECK_FALSE(disk.storage->put(make_key(1, 1), std::move(spool)));
  CHECK(list_keys(*disk.storage).empty());
}

TEST_CASE("Whatever fails in a removal, the blob is whole or gone, and removing it again ends it") {
  sweep(
      put_one, [](FaultyDisk& disk) { return disk.storage->remove(make_key(1, 1)); },
      [](FaultyDisk& disk, const Result<void>& removed) {
        const auto read = read_bytes(*disk.storage, make_key(1, 1));
        if (removed) CHECK_FALSE(read);
        if (read) {
          CHECK(*read == content);
        } else {
          CHECK(read.error().code == Errc::not_found);
        }
        const auto again = disk.storage->remove(make_key(1, 1));
        CHECK((again || again.error().code == Errc::not_found));
        CHECK(list_keys(*disk.storage).empty());
      });
}

TEST_CASE("Whatever fails in opening, the answer is an error other than not found, and the blob stays") {
  sweep(
      put_one, [](FaultyDisk& disk) { return disk.storage->open(make_key(1, 1)); },
      [](FaultyDisk& disk, const Result<storage::OpenBlob>& opened) {
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code != Errc::not_found);
        CHECK(*read_bytes(*disk.storage, make_key(1, 1)) == content);
      });
}

TEST_CASE("Whatever fails in setting a blob aside, its bytes are in one place or the other") {
  sweep(
      put_one, [](FaultyDisk& disk) { return disk.storage->set_aside(make_key(1, 1), storage::Aside::quarantine); },
      [](FaultyDisk& disk, const Result<std::string>& moved) {
        const bool in_place = disk.storage->status(make_key(1, 1)).has_value();
        const bool aside = fs::exists(disk.layout.quarantine / storage::aside_name(make_key(1, 1)));
        CHECK(in_place != aside);
        if (moved) CHECK(aside);
      });
}

TEST_CASE("Whatever fails in putting a blob back, its bytes are in one place or the other, and once more does it") {
  const storage::Aside where = storage::Aside::lost_and_found;
  const std::string name = storage::aside_name(make_key(1, 1));
  sweep(
      [&](FaultyDisk& disk) {
        put_one(disk);
        REQUIRE(disk.storage->set_aside(make_key(1, 1), where));
      },
      [&](FaultyDisk& disk) { return disk.storage->put_back(where, name, make_key(1, 1)); },
      [&](FaultyDisk& disk, const Result<storage::BlobInfo>& put) {
        const bool in_place = disk.storage->status(make_key(1, 1)).has_value();
        CHECK(in_place != fs::exists(disk.layout.lost_and_found / name));
        if (put) CHECK(in_place);
        if (!in_place) CHECK(disk.storage->put_back(where, name, make_key(1, 1)));
        CHECK(*read_bytes(*disk.storage, make_key(1, 1)) == content);
      });
}

TEST_CASE("Where lost+found belongs to somebody else, another beside it takes its part") {
  std::size_t taken = 0;
  for (std::size_t nth = 1; nth <= 20; ++nth) {
    FaultyDisk disk;
    disk.files.inject({.nth = nth, .error_number = EACCES, .only = FileCall::make_directory});
    const auto opened = FilesystemStorage::open_root(disk.files, disk.layout);
    disk.files.heal();
    const fs::path other = disk.folder.path() / ".lost+found";
    if (!opened || !fs::exists(other)) continue;
    ++taken;
    REQUIRE(put_bytes(**opened, make_key(1, 1), content));
    const auto name = (*opened)->set_aside(make_key(1, 1), storage::Aside::lost_and_found);
    REQUIRE(name);
    CHECK(fs::exists(other / *name));
  }
  CHECK(taken == 1);
}

TEST_CASE("A full disk at start is no reason not to serve what is there, any other failure is") {
  FaultyDisk disk;
  put_one(disk);
  disk.files.inject({.nth = 1, .error_number = ENOSPC, .only = FileCall::create});
  const auto full = FilesystemStorage::open_root(disk.files, disk.layout);
  REQUIRE(full);
  CHECK(*read_bytes(**full, make_key(1, 1)) == content);

  disk.files.inject({.nth = 1, .error_number = EROFS, .only = FileCall::create});
  CHECK(FilesystemStorage::open_root(disk.files, disk.layout).error().code == Errc::internal);
}
