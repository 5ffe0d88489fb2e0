#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;
using namespace std::chrono_literals;

TEST_CASE("a removed image lies in the trash and is no longer listed") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  db.clock().advance(1h);
  const auto removed = db.remove(image.id);
  REQUIRE(removed);
  CHECK((removed->deleted_at == db.now()));
  CHECK(removed->change_seq > image.change_seq);
  CHECK((db.find(image.id)->deleted_at == db.now()));
  CHECK(db.list_all().empty());
  CHECK(db.list_all({.deleted = true}).size() == 1);
  CHECK(db.totals().images == 0);
  CHECK(db.totals().bytes == 0);
  CHECK(db.totals().trash_images == 1);
  CHECK(db.totals().trash_bytes == 5);
}

TEST_CASE("what is not there can be neither removed, restored, pinned nor purged") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageId id = db.image("never inserted").id;
  const ImageRecord image = db.add(db.image("bytes"));
  const auto pinned = db.change([&](Session& session) { return session.images().set_pinned(id, true); });
  const auto stamped = db.change([&](Session& session) { return session.images().set_verified(id, "1", db.now()); });
  CHECK(db.remove(id).error().code == Errc::not_found);
  CHECK(db.restore(id).error().code == Errc::not_found);
  CHECK(db.purge(id).error().code == Errc::not_found);
  CHECK(pinned.error().code == Errc::not_found);
  CHECK(stamped.error().code == Errc::not_found);
  CHECK(db.restore(image.id).error().code == Errc::not_found);
  REQUIRE(db.remove(image.id));
  CHECK(db.remove(image.id).error().code == Errc::not_found);
  CHECK(db.totals().trash_images == 1);
}

TEST_CASE("a restored image lives again") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  const auto removed = db.remove(image.id);
  const auto restored = db.restore(image.id);
  REQUIRE(restored);
  CHECK_FALSE(restored->deleted_at);
  CHECK(restored->change_seq > removed->change_seq);
  CHECK(db.list_all().size() == 1);
  CHECK(db.totals().images == 1);
  CHECK(db.totals().trash_images == 0);
}

TEST_CASE("an image whose bytes live again cannot be restored") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  REQUIRE(db.remove(image.id));
  const ImageRecord successor = db.add(db.image("bytes"));
  CHECK(db.restore(image.id).error().code == Errc::conflict);
  CHECK(db.find(image.id)->deleted_at);
  CHECK(db.totals().images == 1);
  CHECK(db.totals().trash_images == 1);
  REQUIRE(db.remove(successor.id));
  CHECK(db.restore(image.id));
}

TEST_CASE("a purged image leaves nothing but its tombstone") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  const auto removed = db.remove(image.id);
  REQUIRE(db.purge(image.id));
  CHECK_FALSE(db.find(image.id));
  CHECK(db.totals().trash_images == 0);
  CHECK(db.totals().trash_bytes == 0);
  const auto changes = db.changes();
  REQUIRE(changes.size() == 1);
  CHECK((changes[0].id == image.id));
  CHECK(changes[0].removed);
  CHECK_FALSE(changes[0].image);
  CHECK(changes[0].change_seq == removed->change_seq);
}

TEST_CASE("a living image cannot be purged") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  CHECK(db.purge(image.id).error().code == Errc::conflict);
  CHECK(db.find(image.id));
}

}  // namespace
}  // namespace lightfast::test
