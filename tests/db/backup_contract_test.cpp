#include <atomic>
#include <fstream>
#include <thread>

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;

TEST_CASE("a backup opens as a database with all that was committed before it") {
  const Backend backend = GENERATE(from_range(backends()));
  ContractDatabase db(backend);
  TemporaryFolder folder;
  const ImageRecord kept = db.add(db.named("kept", "hero"));
  const ImageRecord removed = db.add(db.image("removed"));
  REQUIRE(db.remove(removed.id));
  std::vector<db::BackupProgress> progress;
  REQUIRE((*db).backup_to(folder.path() / "lightfast.db", [&](const auto& now) { progress.push_back(now); }));
  const ImageRecord later = db.add(db.image("later"));

  REQUIRE_FALSE(progress.empty());
  CHECK(progress.back().done_bytes == progress.back().total_bytes);
  CHECK(progress.back().total_bytes > 0);
  ManualClock clock;
  Logger log(LogLevel::error, LogFormat::text);
  const auto copy = backend.open(folder.path(), clock, log);
  REQUIRE(copy);
  REQUIRE((*copy)->quick_check());
  const auto find = [&](const ImageId& id) {
    return db::read(**copy, [&](const Session& session) { return session.images().find(id); }).value();
  };
  REQUIRE(find(kept.id));
  CHECK(find(kept.id)->is_current);
  CHECK(find(removed.id)->deleted_at);
  CHECK_FALSE(find(later.id));
  CHECK(db::commit_blocking(**copy, [&](Session& session) { return session.images().insert(later); }));
}

TEST_CASE("a backup made while others write holds whole changes only, and holds nobody up") {
  const Backend backend = GENERATE(from_range(backends()));
  ContractDatabase db(backend);
  TemporaryFolder folder;
  const auto add_some = [&](int number) {  // far apart in the file
    return db.change([&](Session& session) -> Result<void> {
      for (const char* user : {"ana", "bob"}) {
        ImageRecord image = db.image("bytes " + std::to_string(number), user);
        image.metadata = std::string(20'000, 'x');
        const auto inserted = session.images().insert(image);
        if (!inserted) return inserted.error();
      }
      return {};
    });
  };
  int written = 0;
  for (; written < 150; ++written) REQUIRE(add_some(written));
  int steps = 0;
  REQUIRE((*db).backup_to(folder.path() / "lightfast.db", [&](const auto&) {
    REQUIRE(++steps < 100);  // not begun anew at each change
    REQUIRE(add_some(written++));  // answered while the copy is under way
  }));
  REQUIRE(steps > 1);
  ManualClock clock;
  Logger log(LogLevel::error, LogFormat::text);
  const auto copy = backend.open(folder.path(), clock, log);
  REQUIRE(copy);
  REQUIRE((*copy)->quick_check());
  for (const char* user : {"ana", "bob"}) {
    CHECK(db::read(**copy, [&](const Session& session) { return session.users().totals(user_id(user)); })->images ==
          150);
    const auto page = db::read(
        **copy, [&](const Session& session) { return session.images().list({.user = user_id(user), .limit = 1'000}); });
    CHECK(page->images.size() == 150);
  }
}

TEST_CASE("a later backup replaces the earlier one") {
  const Backend backend = GENERATE(from_range(backends()));
  ContractDatabase db(backend);
  TemporaryFolder folder;
  for (int i = 1; i <= 2; ++i) {
    db.add(db.image("bytes " + std::to_string(i)));
    REQUIRE((*db).backup_to(folder.path() / "lightfast.db", {}));
  }
  ManualClock clock;
  Logger log(LogLevel::error, LogFormat::text);
  const auto copy = backend.open(folder.path(), clock, log);
  REQUIRE(copy);
  CHECK(db::read(**copy, [](const Session& session) { return session.users().everybody(); })->images == 2);
}

TEST_CASE("a backup into a missing folder fails and says so") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto outcome = (*db).backup_to(db.folder() / "missing" / "lightfast.db", {});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == Errc::not_found);
  CHECK_THAT(explain(outcome.error()), Catch::Contains("missing"));
}

TEST_CASE("a sound database passes its check, and its log has a size") {
  ContractDatabase db(GENERATE(from_range(backends())));
  db.add(db.image("bytes"));
  CHECK((*db).quick_check());
  CHECK((*db).log_bytes() > 0);
}

}  // namespace
}  // namespace lightfast::test
