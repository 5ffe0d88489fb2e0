// Backups of a small store, with a target on which the n-th call fails.
#include "server/lifecycle/backup.h"

#include <catch2/catch.hpp>
#include <cerrno>
#include <thread>

#include "db/sqlite/sqlite_database.h"
#include "storage/filesystem_storage.h"
#include "tests/lifecycle/store.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/quick_place.h"
#include "tests/support/server_process.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;
using lifecycle::Backup;
using lifecycle::BackupOptions;
using lifecycle::BackupReport;
using lifecycle::Trust;

// A backup as a server would find it: which images it knows, and which of their files are what they should be.
struct Copy {
  std::size_t rows = 0;
  std::size_t whole = 0;
  std::size_t files = 0;
};

struct Scene {
  Store store;
  PosixFileSystem posix;
  FaultyFileSystem files{posix};
  TemporaryFolder elsewhere;
  std::string instance = "one";
  storage::DataLayout layout =
      storage::data_layout(store.folder.path() / "images", store.folder.path() / "lightfast.db", true);
  Backup backup{{*store.database, store.storage, store.gate, *store.accesses, files, layout, instance,
                 [this](const fs::path& copy) { return open(copy); }, store.clock, store.log}};
  lifecycle::Progress progress;
  fs::path target = elsewhere.path() / "backup";

  Result<std::unique_ptr<db::Database>> open(const fs::path& path) {
    return db::open_sqlite({.path = path, .read_only = true, .is_frozen = true}, store.clock, store.log);
  }
  Result<BackupReport> run(Trust trust = Trust::sizes, const std::stop_token& stop = {}) {
    return backup.into({target, trust}, progress, stop);
  }
  Copy look() {
    Copy copy;
    const storage::DataLayout there = storage::backup_layout(target).data;
    if (!fs::exists(there.database)) return copy;
    auto database = open(there.database).value();
    REQUIRE(database->quick_check());
    auto storage = storage::FilesystemStorage::open_root(posix, there).value();
    const auto rows = db::read(*database, [](const db::Session& session) {
                        return session.stored_files().by_file_key("", 1'000);
                      }).value();
    copy.rows = rows.size();
    for (const auto& row : rows) {
      const auto bytes = read_bytes(*storage, {row.file_key});
      if (bytes && sha256(*bytes) == row.sha256) ++copy.whole;
    }
    copy.files = list_keys(*storage).size();
    storage.reset();
    for (const auto& folder : {there.temporary, there.quarantine, there.lost_and_found}) fs::remove_all(folder);
    return copy;
  }
};

TEST_CASE("a backup holds every image and the trash, and a second one copies only what is new") {
  Scene scene;
  scene.store.add("one");
  const auto removed = scene.store.add("two", "bob");
  scene.store.remove(removed.id);
  auto first = scene.run();
  REQUIRE(first);
  CHECK(first->images == 2);
  CHECK(first->copied == 2);
  CHECK(first->copied_bytes == 6);
  CHECK(scene.look().whole == 2);

  scene.store.add("three");
  auto second = scene.run();
  REQUIRE(second);
  CHECK(second->images == 3);
  CHECK(second->copied == 1);
  const Copy copy = scene.look();
  CHECK(copy.rows == 3);
  CHECK(copy.whole == 3);
}

TEST_CASE("what is no more in the store leaves the backup, and what a stranger put there stays") {
  Scene scene;
  const auto gone = scene.store.add("one");
  scene.store.add("two");
  REQUIRE(scene.run());
  write_file(scene.target / "images" / "note.txt", "mine");
  REQUIRE(scene.store.eraser->erase({gone.id}, [](const auto&) { return true; }));
  auto report = scene.run();
  REQUIRE(report);
  CHECK(report->removed == 1);
  CHECK_FALSE(fs::exists(scene.target / "images" / gone.file_key));
  CHECK(fs::exists(scene.target / "images" / "note.txt"));
  CHECK(scene.look().whole == 1);
}

TEST_CASE("a damaged or missing file is named, and everything else is copied") {
  Scene scene;
  const auto damaged = scene.store.add("one");
  const auto missing = scene.store.add("two");
  scene.store.add("three");
  scene.store.storage.overwrite({damaged.file_key}, "eno");
  REQUIRE(scene.store.storage.remove({missing.file_key}));
  auto report = scene.run();
  REQUIRE(report);
  CHECK(report->images == 1);
  REQUIRE(report->lost_files.size() == 2);
  CHECK(report->lost == 2);
  CHECK(report->lost_files[0].id != report->lost_files[1].id);
  CHECK(scene.look().files == 1);
}

TEST_CASE("an image that the backup has is not replaced by its damaged self") {
  Scene scene;
  const auto image = scene.store.add("one");
  REQUIRE(scene.run());
  scene.store.storage.overwrite({image.file_key}, "damaged");
  REQUIRE(scene.run());
  CHECK(scene.look().whole == 1);
}

TEST_CASE("what has changed in the backup is copied again: by its size at once, by its hash when asked to") {
  Scene scene;
  const auto image = scene.store.add("one");
  REQUIRE(scene.run());
  write_file(scene.target / "images" / image.file_key, "eno");
  CHECK(scene.run()->copied == 0);
  CHECK(scene.run(Trust::hashes)->copied == 1);
  CHECK(scene.look().whole == 1);
  fs::resize_file(scene.target / "images" / image.file_key, 1);
  CHECK(scene.run()->copied == 1);
  CHECK(scene.look().whole == 1);
}

TEST_CASE("the generated key goes along") {
  Scene scene;
  write_file(scene.layout.api_key, "lf_secret\n");
  REQUIRE(scene.run());
  CHECK(read_file(scene.target / "api-key") == "lf_secret\n");
  CHECK((fs::status(scene.target / "api-key").permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a backup goes neither into the data nor into a folder of something else") {
  Scene scene;
  scene.store.add("one");
  const auto refused = [&](const fs::path& target) {
    scene.target = target;
    auto report = scene.run();
    REQUIRE_FALSE(report);
    return report.error().code;
  };
  CHECK(refused(scene.store.folder.path()) == Errc::invalid_request);
  CHECK(refused(scene.store.folder.path() / "images" / "backup") == Errc::invalid_request);
  fs::create_directory_symlink(scene.store.folder.path(), scene.elsewhere.path() / "link");
  CHECK(refused(scene.elsewhere.path() / "link" / "backup") == Errc::invalid_request);
  CHECK(refused(scene.elsewhere.path() / "missing" / "backup") == Errc::not_found);
  write_file(scene.elsewhere.path() / "letter.txt", "dear");
  CHECK(refused(scene.elsewhere.path()) == Errc::conflict);
  fs::create_directories(scene.elsewhere.path() / "other" / "images");
  CHECK(refused(scene.elsewhere.path() / "other") == Errc::conflict);
}

TEST_CASE("a backup on which a server has run, or of another store, is not overwritten") {
  Scene scene;
  scene.store.add("one");
  REQUIRE(scene.run());
  Scene other;
  other.instance = "another";
  other.target = scene.target;
  const auto refused = other.run();
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().detail, Catch::Contains("another store"));
  CHECK(scene.look().whole == 1);
  write_file(scene.target / "lightfast.lock", "");
  CHECK(scene.run().error().code == Errc::conflict);
}

TEST_CASE("without room for it nothing is copied and nothing changes") {
  Scene scene;
  scene.store.add("one");
  REQUIRE(scene.run());
  scene.store.add(std::string(1'000'000, 'x'));
  REQUIRE(
      scene.store.change([](db::Session& session) { return session.settings().set("x", std::string(70'000, 'x')); }));
  scene.files.inject({.nth = 1, .error_number = ENOSPC, .only = FileCall::space});
  CHECK(scene.run().error().code == Errc::storage_full);
  scene.files.heal();
  CHECK(scene.look().whole == 1);
  CHECK(lifecycle::require_room(scene.posix, scene.target, std::uint64_t{1} << 60).error().code == Errc::storage_full);
}

TEST_CASE("an interrupted backup leaves the one before it and goes on the next time") {
  Scene scene;
  scene.store.add("one");
  REQUIRE(scene.run());
  scene.store.add("two");
  std::stop_source stopping;
  stopping.request_stop();
  REQUIRE_FALSE(scene.run(Trust::sizes, stopping.get_token()));
  CHECK(scene.look().rows == 1);
  CHECK_FALSE(fs::exists(scene.target / "new.db"));
  CHECK(scene.run()->images == 2);
}

TEST_CASE("files are not unlinked while a backup runs, and are afterwards") {
  Scene scene;
  const auto image = scene.store.add("one");
  std::thread eraser;
  auto report = scene.backup.stream(
      [&](auto) {
        if (!eraser.joinable()) {
          eraser = std::thread([&] { (void)scene.store.eraser->erase({image.id}, [](const auto&) { return true; }); });
        }
        // Gone from its URL at once, with its file still there.
        while (!scene.store.find(image.id)->deleted_at) std::this_thread::yield();
        CHECK(scene.store.has_file(image));
        return Result<void>();
      },
      scene.progress, {});
  REQUIRE(report);
  eraser.join();
  CHECK_FALSE(scene.store.has_file(image));
}

TEST_CASE("only one stream at a time, and nothing of it stays on the disk") {
  Scene scene;
  scene.store.add("one");
  std::vector<Errc> others;
  auto report = scene.backup.stream(
      [&](auto) {
        std::thread other([&] {
          auto refused = scene.backup.stream([](auto) { return Result<void>(); }, scene.progress, {});
          others.push_back(refused.error().code);
        });
        other.join();
        return Result<void>();
      },
      scene.progress, {});
  REQUIRE(report);
  CHECK(others == std::vector<Errc>{Errc::conflict});
  CHECK_FALSE(fs::exists(scene.layout.snapshot));
}

TEST_CASE("whatever fails in a backup, the one before it is whole, and the next one is too") {
  const Fault::Lasts lasts = GENERATE(Fault::Lasts::once, Fault::Lasts::from_then_on);
  const int error_number = lasts == Fault::Lasts::once ? EIO : ENOSPC;
  std::size_t tried = 0;
  const TemporaryFolder place(quick_place());
  Scene scene;
  scene.target = place.path() / "backup";
  const auto gone = scene.store.add("gone");
  scene.store.add("kept");
  write_file(scene.layout.api_key, "lf_secret\n");
  REQUIRE(scene.run());
  REQUIRE(scene.store.eraser->erase({gone.id}, [](const auto&) { return true; }));
  scene.store.add("new", "bob");
  const fs::path before = place.path() / "before";
  fs::copy(scene.target, before, fs::copy_options::recursive);
  for (std::size_t nth = 1;; ++nth) {
    CAPTURE(nth, error_number);
    fs::remove_all(scene.target);
    fs::copy(before, scene.target, fs::copy_options::recursive);
    scene.files.inject({.nth = nth, .error_number = error_number, .lasts = lasts});
    const auto report = scene.run();
    const bool reached = !scene.files.failures().empty();
    scene.files.heal();
    if (!reached) {
      REQUIRE(report);
      break;
    }
    ++tried;
    const Copy left = scene.look();
    REQUIRE(left.rows == 2);
    if (!report) REQUIRE(left.whole == 2);
    if (report && report->lost == 0) REQUIRE(left.whole == 2);
    REQUIRE(scene.run());
    const Copy then = scene.look();
    REQUIRE(then.whole == 2);
    REQUIRE(then.files == 2);
  }
  CHECK(tried > 30);
}

}  // namespace
}  // namespace lightfast::test
