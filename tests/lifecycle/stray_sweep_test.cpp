// What a crash leaves is put in order after the next start.
#include "server/lifecycle/stray_sweep.h"

#include <catch2/catch.hpp>

#include "storage/blob_path.h"
#include "tests/lifecycle/store.h"
#include "tests/support/blobs.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::lifecycle {
namespace {

struct SweptStore : test::Store {
  ingest::InFlight in_flight;
  Workers workers{"sweep", 1, 10};
  std::stop_source stopping;

  StraySweep::Swept sweep() {
    StraySweep sweep(storage, *database, in_flight, *eraser, workers, log);
    return test::run_task(sweep.run(stopping.get_token())).value();
  }
  storage::BlobKey stray(const std::string& bytes) {
    const auto key = storage::blob_key(*UserId::parse("ana"), ids.next_image_id(), "png");
    REQUIRE(test::put_bytes(storage, key, bytes));
    return key;
  }
  void begin_purge(const ImageId& id) {
    REQUIRE(change([&](db::Session& session) { return session.images().begin_purge(id, clock.now()); }));
  }
};

TEST_CASE("files without a row go to lost+found with their bytes, others stay") {
  SweptStore store;
  const auto image = store.add("known");
  const auto removed = store.add("in the trash");
  store.remove(removed.id);
  const auto stray = store.stray("stray");
  const auto arriving = store.stray("being stored just now");
  const ingest::InFlight::Entry entry(store.in_flight, arriving);
  CHECK(store.sweep().strays == 1);
  CHECK(store.storage.is_aside(stray, storage::Aside::lost_and_found));
  CHECK(store.has_file(image));
  CHECK(store.has_file(removed));
  CHECK(store.storage.status(arriving));
  CHECK(store.sweep().strays == 0);
}

TEST_CASE("removals that were cut off are finished, with or without their file") {
  SweptStore store;
  const auto untouched = store.add("untouched");
  for (int i = 0; i < 250; ++i) {
    const auto image = store.add("image " + std::to_string(i));
    store.begin_purge(image.id);
    if (i % 2 == 0) REQUIRE(store.storage.remove({image.file_key}));
  }
  const auto swept = store.sweep();
  CHECK(swept.removals == 250);
  CHECK(swept.strays == 0);
  CHECK(test::list_keys(store.storage) == std::vector<std::string>{untouched.file_key});
  const auto totals = store.read([](const db::Session& session) { return session.users().everybody(); });
  CHECK(totals->images == 1);
  CHECK(totals->trash_images == 0);
}

TEST_CASE("a sweep that is told to stop touches nothing") {
  SweptStore store;
  const auto stray = store.stray("stray");
  const auto image = store.add("image");
  store.begin_purge(image.id);
  store.stopping.request_stop();
  const auto swept = store.sweep();
  CHECK(swept.strays + swept.removals == 0);
  CHECK(store.storage.status(stray));
  CHECK(store.has_file(image));
}

}  // namespace
}  // namespace lightfast::lifecycle
