#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Session;

Result<ImageRecord> set_current(ContractDatabase& db, const std::string& name, std::uint32_t version) {
  return db.change([&](Session& session) {
    return session.images().set_current(user_id("ana"), {"articles", name}, version);
  });
}

std::optional<ImageRecord> find_version(ContractDatabase& db, const std::string& name, std::uint32_t version) {
  return db
      .look([&](const Session& session) {
        return session.images().find_version(user_id("ana"), {"articles", name}, version);
      })
      .value();
}

TEST_CASE("each new version of a name becomes the current one") {
  ContractDatabase db(GENERATE(from_range(backends())));
  CHECK_FALSE(db.current("hero"));
  const ImageRecord first = db.add(db.named("first", "hero"));
  CHECK(first.version == 1);
  CHECK(first.is_current);
  const ImageRecord second = db.add(db.named("second", "hero"));
  CHECK(second.version == 2);
  CHECK((db.current("hero")->id == second.id));
  CHECK_FALSE(db.find(first.id)->is_current);
  CHECK(db.find(first.id)->change_seq > first.change_seq);
  CHECK((find_version(db, "hero", 1)->id == first.id));
  CHECK_FALSE(find_version(db, "hero", 3));
  CHECK_FALSE(db.current("footer"));
  CHECK_FALSE(db.current("hero", "bob"));
}

TEST_CASE("a version's number is never used twice, not even after a purge") {
  ContractDatabase db(GENERATE(from_range(backends())));
  for (std::uint32_t version = 1; version <= 3; ++version) {
    const ImageRecord image = db.add(db.named("bytes " + std::to_string(version), "hero"));
    CHECK(image.version == version);
    REQUIRE(db.remove(image.id));
    REQUIRE(db.purge(image.id));
    db.reopen();
  }
  CHECK_FALSE(db.current("hero"));
}

TEST_CASE("a change that failed uses up no version number") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord refused = db.named("first", "hero");
  const auto outcome = db.change([&](Session& session) -> Result<void> {
    REQUIRE(session.images().insert(refused));
    return Error{Errc::user_limit, "over the limit"};
  });
  CHECK(outcome.error().code == Errc::user_limit);
  CHECK(db.add(db.named("second", "hero")).version == 1);
}

TEST_CASE("when the current version is removed no older one takes its place") {
  ContractDatabase db(GENERATE(from_range(backends())));
  db.add(db.named("first", "hero"));
  const ImageRecord second = db.add(db.named("second", "hero"));
  REQUIRE(db.remove(second.id));
  CHECK_FALSE(db.current("hero"));
  CHECK(find_version(db, "hero", 1));
  CHECK_FALSE(find_version(db, "hero", 2));
  const auto restored = db.restore(second.id);
  REQUIRE(restored);
  CHECK(restored->is_current);
  CHECK((db.current("hero")->id == second.id));
}

TEST_CASE("a restored version stays in the background when a newer one came meanwhile") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.named("first", "hero"));
  REQUIRE(db.remove(first.id));
  const ImageRecord second = db.add(db.named("second", "hero"));
  const auto restored = db.restore(first.id);
  REQUIRE(restored);
  CHECK_FALSE(restored->is_current);
  CHECK((db.current("hero")->id == second.id));
}

TEST_CASE("a restored version that was not the current one does not become it") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.named("first", "hero"));
  const ImageRecord second = db.add(db.named("second", "hero"));
  REQUIRE(db.remove(first.id));
  REQUIRE(db.remove(second.id));
  REQUIRE(db.restore(first.id));
  CHECK_FALSE(db.current("hero"));
}

TEST_CASE("a name can be rolled back to a living version only") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.named("first", "hero"));
  const ImageRecord second = db.add(db.named("second", "hero"));
  const auto rolled_back = set_current(db, "hero", 1);
  REQUIRE(rolled_back);
  CHECK((rolled_back->id == first.id));
  CHECK(rolled_back->is_current);
  CHECK(rolled_back->change_seq > second.change_seq);
  CHECK((db.current("hero")->id == first.id));
  CHECK_FALSE(db.find(second.id)->is_current);
  CHECK(set_current(db, "hero", 3).error().code == Errc::not_found);
  REQUIRE(db.remove(second.id));
  CHECK(set_current(db, "hero", 2).error().code == Errc::not_found);
  CHECK(db.add(db.named("third", "hero")).version == 3);
}

TEST_CASE("the bytes of an older version again make that version the current one") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.named("first", "hero"));
  const ImageRecord second = db.add(db.named("second", "hero"));
  const auto again = db.insert(db.named("first", "hero"));
  CHECK(again.existed);
  CHECK((again.image.id == first.id));
  CHECK(again.image.version == 1);
  CHECK(again.image.is_current);
  CHECK((db.current("hero")->id == first.id));
  CHECK_FALSE(db.find(second.id)->is_current);
}

}  // namespace
}  // namespace lightfast::test
