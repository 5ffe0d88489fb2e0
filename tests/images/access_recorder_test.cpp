// Accesses counted in memory and written in batches.
#include "server/images/access_recorder.h"

#include <catch2/catch.hpp>

#include "tests/lifecycle/store.h"
#include "tests/support/catch_result.h"
#include "tests/support/run_task.h"

namespace lightfast::images {
namespace {

using namespace std::chrono_literals;

// A database that can be read, and written while it is told to.
class Fickle final : public db::Database {
 public:
  explicit Fickle(db::Database& whole) : whole_(whole) {}
  bool takes_changes = true;
  std::optional<int> breaks_after;  // so many changes
  int changes = 0;

  Result<void> read(const std::function<Result<void>(const db::Session&)>& look) override { return whole_.read(look); }
  void submit(Change change, Done done) override {
    if (takes_changes && changes++ != breaks_after) return whole_.submit(std::move(change), std::move(done));
    done(Error{Errc::storage_full, "the disk is full"});
  }
  Result<void> backup_to(const std::filesystem::path& target, const OnProgress& progress) override {
    return whole_.backup_to(target, progress);
  }
  Result<void> quick_check(const std::stop_token& stop) override { return whole_.quick_check(stop); }
  db::Health health() const override { return whole_.health(); }
  void watch_withdrawals(OnWithdrawn watcher) override { whole_.watch_withdrawals(std::move(watcher)); }
  std::uint64_t log_bytes() const override { return whole_.log_bytes(); }

 private:
  db::Database& whole_;
};

struct Recording : test::Store {
  Fickle fickle{*database};
  AccessRecorder recorder{fickle, clock, log};
};

TEST_CASE("accesses are added up and written at the next flush") {
  Recording it;
  const auto image = it.add("image");
  it.clock.advance(1min);
  it.recorder.record(image.id, 100);
  it.clock.advance(1min);
  it.recorder.record(image.id, 0);
  CHECK(it.find(image.id)->access_count == 0);
  it.recorder.flush_blocking();
  CHECK(it.find(image.id)->access_count == 2);
  CHECK(it.find(image.id)->accessed_at == it.clock.now());
  it.recorder.flush_blocking();
  CHECK(it.find(image.id)->access_count == 2);
}

TEST_CASE("what cannot be written is kept, and added to what comes meanwhile") {
  Recording it;
  const auto image = it.add("image");
  const auto other = it.add("other");
  it.recorder.record(image.id, 100);
  it.recorder.record(other.id, 1);
  it.fickle.takes_changes = false;
  it.recorder.flush_blocking();
  it.clock.advance(1min);
  it.recorder.record(image.id, 10);
  it.recorder.flush_blocking();
  CHECK(it.find(image.id)->access_count == 0);

  it.fickle.takes_changes = true;
  it.recorder.flush_blocking();
  CHECK(it.find(image.id)->access_count == 2);
  CHECK(it.find(image.id)->accessed_at == it.clock.now());
  CHECK(it.find(other.id)->access_count == 1);
  const auto totals = it.read([&](const db::Session& session) { return session.users().totals(image.user); });
  CHECK(totals->served_bytes == 111);
}

TEST_CASE("very many accesses are written in several changes, and none twice where one of them fails") {
  Recording it;
  std::vector<db::ImageRecord> images;
  for (const char* name : {"first", "second", "third"}) images.push_back(it.add(name));
  const auto read_all = [&] {
    for (const auto& image : images) it.recorder.record(image.id, 1);
    for (int purged = 0; purged < 1'200; ++purged) it.recorder.record(it.ids.next_image_id(), 1);
  };
  read_all();
  it.fickle.breaks_after = 1;
  it.recorder.flush_blocking();
  CHECK(it.fickle.changes == 2);
  it.recorder.flush_blocking();
  CHECK(it.fickle.changes == 4);
  for (const auto& image : images) CHECK(it.find(image.id)->access_count == 1);

  read_all();
  it.fickle.changes = 0;
  it.fickle.breaks_after.reset();
  const auto flush = [&]() -> Task<bool> {
    co_await it.recorder.flush();
    co_return true;
  };
  CHECK(test::run_task(flush()));
  CHECK(it.fickle.changes == 3);
  for (const auto& image : images) CHECK(it.find(image.id)->access_count == 2);
}

}  // namespace
}  // namespace lightfast::images
