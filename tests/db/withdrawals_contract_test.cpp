#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;

// What a watcher has been told so far.
class Withdrawals {
 public:
  explicit Withdrawals(db::Database& database) {
    database.watch_withdrawals([told = told_](const std::vector<ImageId>& images) {
      const std::lock_guard lock(told->mutex);
      told->images.insert(told->images.end(), images.begin(), images.end());
    });
  }
  bool hold(const ImageId& id) const {
    const std::lock_guard lock(told_->mutex);
    return std::find(told_->images.begin(), told_->images.end(), id) != told_->images.end();
  }
  std::size_t count() const {
    const std::lock_guard lock(told_->mutex);
    return told_->images.size();
  }

 private:
  struct Told {
    std::mutex mutex;
    std::vector<ImageId> images;
  };
  std::shared_ptr<Told> told_ = std::make_shared<Told>();
};

TEST_CASE("every way of taking an image from its URL is told to the watcher") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const Withdrawals withdrawn(*db);
  const ImageRecord image = db.add(db.image("bytes"));
  CHECK(withdrawn.count() == 0);
  SECTION("removed") {
    REQUIRE(db.remove(image.id));
  }
  SECTION("removed with all of its user") {
    REQUIRE(db.change([&](Session& session) { return session.images().remove_some(image.user, "", db.now(), 10); }));
  }
  SECTION("being purged") {
    REQUIRE(db.change([&](Session& session) { return session.images().begin_purge(image.id, db.now()); }));
  }
  SECTION("damaged") {
    REQUIRE(db.change([&](Session& session) { return session.images().set_damaged(image.id, db.now()); }));
  }
  CHECK(withdrawn.hold(image.id));
}

TEST_CASE("what leaves an image at its URL is not told") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.named("bytes", "hero"));
  const Withdrawals withdrawn(*db);
  db.add(db.named("other bytes", "hero"));  // another version becomes the current one
  REQUIRE(db.change([&](Session& session) { return session.images().set_pinned(image.id, true); }));
  REQUIRE(db.change([&](Session& session) { return session.images().set_verified(image.id, "1:2:3", db.now()); }));
  REQUIRE(db.change([&](Session& session) {
    return session.images().record_accesses({db::Access{image.id, db.now(), 1, 5}});
  }));
  CHECK(withdrawn.count() == 0);
}

TEST_CASE("the watcher is told before anyone is told that the removal is durable") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const Withdrawals withdrawn(*db);
  for (int i = 0; i < 50; ++i) {
    const ImageRecord image = db.add(db.image("bytes " + std::to_string(i)));
    std::atomic<bool> told_before = false;
    std::promise<void> done;
    (*db).submit(
        [&](Session& session) -> Result<void> {
          const auto removed = session.images().remove(image.id, db.now());
          if (!removed) return removed.error();
          return {};
        },
        [&](Result<void>) {
          told_before = withdrawn.hold(image.id);
          done.set_value();
        });
    done.get_future().wait();
    REQUIRE(told_before);
  }
}

}  // namespace
}  // namespace lightfast::test
