// A repair that is cut off at any point, by a failing call or by a stop, has lost nothing: the next one finishes it.
#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>

#include "db/sqlite/sqlite_database.h"
#include "storage/filesystem_storage.h"
#include "tests/lifecycle/checked_store.h"
#include "tests/support/catch_result.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/fixture_images.h"
#include "tests/support/quick_place.h"

namespace lightfast::lifecycle {
namespace {

namespace fs = std::filesystem;
using storage::Aside;
using storage::BlobKey;
using test::Fault;

// What all the stores share: starting a decoding child for each would take most of the time.
struct Bench {
  test::ManualClock clock;
  IdGenerator ids{clock};
  Logger log{LogLevel::error, LogFormat::text};
  Alerts alerts{clock};
  imaging::Decoder decoder{{.program = test::program_under_test(), .children = 1}, log};
};

// One of every kind of damage.
struct DamagedStore {
  explicit DamagedStore(Bench& with)
      : bench(with),
        database(db::open_sqlite({.path = layout.database}, bench.clock, bench.log).value()),
        storage(storage::FilesystemStorage::open_root(files, layout).value()) {
    whole = add("whole");
    moved = add("moved to lost+found");
    replaced = add("in quarantine, and another in its place");
    lost = add("lost");
    storage->set_aside({moved->file_key}, Aside::lost_and_found).value();
    storage->set_aside({replaced->file_key}, Aside::quarantine).value();
    std::ofstream(layout.images / replaced->file_key) << "another";
    storage->remove({lost->file_key}).value();
    stray = storage::blob_key(whole->user, bench.ids.next_image_id(), "png");
    test::put_bytes(*storage, *stray, test::png(1)).value();
    std::ofstream(layout.images / "notes.txt") << "a stranger's";
    std::ofstream(layout.temporary / "left.spool") << "left over";
  }

  db::ImageRecord add(const std::string& bytes) {
    db::ImageRecord image{.id = bench.ids.next_image_id(), .user = *UserId::parse("ana")};
    const BlobKey key = storage::blob_key(image.user, image.id, "png");
    image.file_key = key.text;
    image.file_stamp = test::put_bytes(*storage, key, bytes).value().stamp.text;
    image.file_size = bytes.size();
    image.content_type = "image/png";
    image.sha256 = sha256(bytes);
    image.created_at = bench.clock.now();
    return db::commit_blocking(*database, [&](db::Session& session) { return session.images().insert(image); })
        .value()
        .image;
  }

  db::ImageRecord row(const ImageId& id) {
    return db::read(*database, [&](const db::Session& session) { return session.images().find(id); }).value().value();
  }

  // Errors are what the faults are for.
  void repair(
      const std::stop_token& stop = {}, const std::function<void()>& after_each = [] {}) {
    Progress progress;
    const auto each = [&](const auto&) {
      after_each();
      return Result<void>();
    };
    (void)checker.run({.repair = true}, {each, each}, progress, stop);
  }

  void check_that_nothing_is_lost() {
    const test::Checked repaired = test::check_store(checker, {.repair = true});
    CHECK(repaired.report.left == 0);
    for (const auto& image : {whole, moved, replaced}) {
      CHECK(sha256(test::read_bytes(*storage, {image->file_key}).value()) == image->sha256);
      CHECK_FALSE(row(image->id).deleted_at);
    }
    CHECK(row(lost->id).deleted_at);
    CHECK(row(lost->id).damaged_at);
    CHECK(test::read_bytes(*storage, *stray).value() == test::png(1));
    CHECK_FALSE(row(storage::parse_blob_key(*stray)->image).deleted_at);
    CHECK(fs::exists(layout.lost_and_found / "notes.txt"));
    CHECK(test::list_aside(*storage, Aside::quarantine).size() == 1);  // the other's bytes
    CHECK(fs::is_empty(layout.temporary));
  }

  Bench& bench;
  test::TemporaryFolder folder{test::quick_place()};
  PosixFileSystem posix;
  test::FaultyFileSystem files{posix};
  storage::DataLayout layout = storage::data_layout(folder.path() / "images", folder.path() / "lightfast.db", true);
  std::unique_ptr<db::Database> database;
  std::unique_ptr<storage::FilesystemStorage> storage;
  std::optional<db::ImageRecord> whole, moved, replaced, lost;
  std::optional<BlobKey> stray;
  images::Mender mender{*database, *storage, bench.clock, bench.log, bench.alerts};
  ingest::InFlight in_flight;
  ingest::Adopter adopter{*storage, *database, bench.decoder, in_flight, bench.clock, bench.log, {}};
  Checker checker{*database, *storage, mender, adopter, in_flight, bench.log};
};

TEST_CASE("whichever call fails in a repair nothing is lost and the next one mends the rest") {
  Bench bench;
  const Fault::Lasts lasts = GENERATE(Fault::Lasts::once, Fault::Lasts::from_then_on);
  std::size_t tried = 0;
  const std::size_t stride = lasts == Fault::Lasts::once ? 1 : 5;
  for (std::size_t nth = 1;; nth += stride) {
    DamagedStore store(bench);
    store.files.inject({.nth = nth, .error_number = EIO, .lasts = lasts});
    store.repair();
    const bool reached = !store.files.failures().empty();
    store.files.heal();
    CAPTURE(nth);
    store.check_that_nothing_is_lost();
    if (!reached) break;
    ++tried;
  }
  CHECK(tried * stride > 80);
}

TEST_CASE("whenever a repair is told to stop nothing is lost and the next one mends the rest") {
  Bench bench;
  for (int last = 1; last <= 12; ++last) {
    DamagedStore store(bench);
    std::stop_source stopping;
    int told = 0;
    store.repair(stopping.get_token(), [&] {
      if (++told == last) stopping.request_stop();
    });
    CAPTURE(last);
    store.check_that_nothing_is_lost();
  }
}

}  // namespace
}  // namespace lightfast::lifecycle
