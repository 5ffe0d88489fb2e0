// Beside uploads, refusals and removals for good a check never raises a false alarm, and a repair never
// touches anything that is in order.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "server/lifecycle/stray_sweep.h"
#include "tests/lifecycle/checked_store.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::lifecycle {
namespace {

constexpr int rounds = 25;

struct BusyStore : test::CheckedStore {
  std::atomic<bool> over = false;
  std::atomic<int> failures = 0;
  std::mutex mutex;
  std::vector<db::ImageRecord> living;

  void expect(bool holds) {
    if (!holds) ++failures;
  }

  // As ingest does it: announced, stored, recorded; every third is refused and undone.
  void upload(int number, const std::string& user) {
    db::ImageRecord facts{.id = ids.next_image_id(), .user = *UserId::parse(user)};
    const BlobKey key = storage::blob_key(facts.user, facts.id, "png");
    const std::string bytes = user + std::to_string(number);
    const ingest::InFlight::Entry entry(in_flight, key);
    if (number % 3 == 0) {
      expect(test::put_bytes(storage, key, bytes).has_value());
      expect(storage.remove(key).has_value());
      return;
    }
    const db::ImageRecord image = add(bytes, facts);
    const std::lock_guard lock(mutex);
    living.push_back(image);
  }

  // Some are purged at once, some wait in the trash, some get their file anew.
  void disturb(int number) {
    std::optional<db::ImageRecord> image;
    {
      const std::lock_guard lock(mutex);
      if (living.empty()) return;
      image = living[static_cast<std::size_t>(number) % living.size()];
      std::erase_if(living, [&](const auto& other) { return other.id == image->id; });
    }
    if (number % 4 == 0) {
      storage.overwrite({image->file_key}, bytes_of({image->file_key}));
    } else if (number % 4 == 1) {
      remove(image->id);
    } else {
      expect(eraser->erase({image->id}, [](const db::ImageRecord&) { return true; }).has_value());
    }
  }

  using BlobKey = storage::BlobKey;
};

TEST_CASE("beside writers and removers a check finds nothing and a repair does nothing") {
  BusyStore store;
  for (int i = 1; i <= 20; ++i) store.upload(i * 3 + 1, "first");
  std::vector<std::thread> threads;
  for (const char* user : {"ana", "bob"}) {
    threads.emplace_back([&store, user] {
      for (int i = 0; !store.over; ++i) store.upload(i, user);
    });
  }
  threads.emplace_back([&store] {
    for (int i = 0; !store.over; ++i) store.disturb(i);
  });
  Workers workers{"sweep", 1, 10};
  StraySweep sweep(store.storage, *store.database, store.in_flight, *store.eraser, workers, store.log);
  for (int round = 0; round < rounds; ++round) {
    const test::Checked checked = round % 2 == 0 ? store.check() : store.repair();
    CHECK(checked.problems.empty());
    CHECK(checked.repairs.empty());
    CHECK(checked.report.left == 0);
    CHECK(test::run_task(sweep.run({}))->strays == 0);
  }
  store.over = true;
  for (auto& thread : threads) thread.join();
  CHECK(store.failures == 0);
  CHECK(store.is_clean());
  for (const auto& image : store.living) CHECK(store.has_file(image));
}

}  // namespace
}  // namespace lightfast::lifecycle
