// Who is a stray and who only looks like one.
#include "server/lifecycle/stray_finder.h"

#include <catch2/catch.hpp>

#include "tests/lifecycle/store.h"
#include "tests/support/catch_result.h"

namespace lightfast::lifecycle {
namespace {

// Its listing is a moment old: what it names may be gone.
struct StaleListing final : test::MemoryStorage {
  Result<void> list(const std::function<bool(const storage::BlobKey&)>& visit) override {
    visit({"ana/removed-just-now.png"});
    visit({"notes.txt"});
    return {};
  }
};

TEST_CASE("what was removed between the listing and the look is no stray") {
  test::Store store;
  StaleListing storage;
  storage.overwrite({"notes.txt"}, "still there");
  const ingest::InFlight in_flight;
  std::vector<std::string> found;
  Progress progress;
  const auto note = [&](const storage::BlobKey& key) {
    found.push_back(key.text);
    return Result<void>();
  };
  REQUIRE(StrayFinder(storage, *store.database, in_flight).each(note, progress, {}));
  CHECK(found == std::vector<std::string>{"notes.txt"});
  CHECK(progress.done == 2);
}

}  // namespace
}  // namespace lightfast::lifecycle
