#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::DayCounters;
using db::ImageRecord;
using db::Session;
using namespace std::chrono_literals;

std::vector<DayCounters> days(ContractDatabase& db, const std::optional<UserId>& user, const std::string& first,
                              const std::string& last) {
  return db.look([&](const Session& session) { return session.counters().by_day(user, first, last); }).value();
}

TEST_CASE("changes come in order, each image's last one alone, and page by page") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.image("first"));
  const ImageRecord second = db.add(db.image("second"));
  db.add(db.image("bob's", "bob"));
  REQUIRE(db.change([&](Session& session) { return session.images().set_pinned(first.id, true); }));
  REQUIRE(db.remove(second.id));

  const auto changes = db.changes();
  REQUIRE(changes.size() == 2);
  CHECK((changes[0].id == first.id));
  CHECK_FALSE(changes[0].removed);
  REQUIRE(changes[0].image);
  CHECK(changes[0].image->pinned);
  CHECK((changes[1].id == second.id));
  CHECK(changes[1].removed);
  CHECK(changes[0].change_seq < changes[1].change_seq);
  CHECK(db.changes(changes[0].change_seq).size() == 1);
  CHECK(db.changes(changes[1].change_seq).empty());
  const auto page =
      db.look([&](const Session& session) { return session.images().changes_since(user_id("ana"), 0, 1); });
  REQUIRE(page->size() == 1);
  CHECK((page->front().id == first.id));
}

TEST_CASE("tombstones and living images are merged in the order of their changes") {
  ContractDatabase db(GENERATE(from_range(backends())));
  std::vector<ImageRecord> images;
  for (int i = 0; i < 6; ++i) images.push_back(db.add(db.image("bytes " + std::to_string(i))));
  for (const int i : {0, 2, 4}) REQUIRE(db.remove(images[i].id));
  REQUIRE(db.purge(images[2].id));
  REQUIRE(db.restore(images[4].id));
  const auto changes = db.changes();
  REQUIRE(changes.size() == 6);
  const std::vector<int> expected = {1, 3, 5, 0, 2, 4};
  for (std::size_t i = 0; i < 6; ++i) CHECK((changes[i].id == images[expected[i]].id));
  CHECK(changes[4].removed);
  CHECK_FALSE(changes[5].removed);
}

TEST_CASE("accesses are added up for the image, its user and the day") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  const ImageId purged = db.image("never inserted").id;
  const std::uint64_t change_seq = db.find(image.id)->change_seq;
  const Timestamp later = db.now() + 24h;
  REQUIRE(db.change([&](Session& session) {
    return session.images().record_accesses({{image.id, later, 3, 300}, {purged, later, 1, 1}});
  }));
  REQUIRE(db.change([&](Session& session) {
    return session.images().record_accesses({{image.id, db.now() + 1h, 2, 200}});
  }));
  CHECK(db.find(image.id)->access_count == 5);
  CHECK((db.find(image.id)->accessed_at == later));
  CHECK(db.find(image.id)->change_seq == change_seq);
  CHECK(db.totals().served_bytes == 500);
  const auto counted = days(db, user_id("ana"), "2026-11-28", "2026-11-29");
  REQUIRE(counted.size() == 2);
  CHECK(counted[0].served == 2);
  CHECK(counted[0].served_bytes == 200);
  CHECK(counted[1].served == 3);
  CHECK(counted[1].served_bytes == 300);
}

TEST_CASE("days count what was added and removed, for a user and for everybody") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord first = db.add(db.image("12345"));
  db.add(db.image("123", "bob"));
  db.clock().advance(24h);
  REQUIRE(db.remove(first.id));
  REQUIRE(db.restore(first.id));
  REQUIRE(db.remove(first.id));

  const auto ana = days(db, user_id("ana"), "2026-11-01", "2026-11-30");
  REQUIRE(ana.size() == 2);
  CHECK(ana[0].day == "2026-11-28");
  CHECK(ana[0].added == 1);
  CHECK(ana[0].added_bytes == 5);
  CHECK(ana[1].added == 1);
  CHECK(ana[1].removed == 2);
  CHECK(ana[1].removed_bytes == 10);
  const auto everybody = days(db, std::nullopt, "2026-11-28", "2026-11-28");
  REQUIRE(everybody.size() == 1);
  CHECK(everybody[0].added == 2);
  CHECK(everybody[0].added_bytes == 8);
  CHECK(days(db, std::nullopt, "2026-12-01", "2026-12-31").empty());
  CHECK(db.look([](const Session& session) { return session.counters().first_day(); }).value() == "2026-11-28");
}

TEST_CASE("users are told by their bytes, and a user never seen has nothing") {
  ContractDatabase db(GENERATE(from_range(backends())));
  db.add(db.image("12345"));
  db.add(db.image("1234567", "bob"));
  const auto largest = db.look([](const Session& session) { return session.users().largest(1); });
  REQUIRE(largest->size() == 1);
  CHECK(largest->front().first.str() == "bob");
  CHECK(largest->front().second.bytes == 7);
  const auto everybody = db.look([](const Session& session) { return session.users().everybody(); });
  CHECK(everybody->images == 2);
  CHECK(everybody->bytes == 12);
  const auto count = [&] { return db.look([](const Session& session) { return session.users().count(); }).value(); };
  CHECK(count() == 2);
  REQUIRE(db.remove(db.add(db.image("1", "carol")).id));
  CHECK(count() == 2);
  CHECK(db.totals("dave").images == 0);
  CHECK_FALSE(db.totals("dave").limit_images);
}

TEST_CASE("a user's own limits are kept, zero too, and can be taken away") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto set = [&](std::optional<std::uint64_t> images, std::optional<std::uint64_t> bytes) {
    return db.change([&](Session& session) { return session.users().set_limits(user_id("ana"), images, bytes); });
  };
  REQUIRE(set(0, 1'000));
  db.add(db.image("bytes"));
  CHECK(db.totals().limit_images == 0u);
  CHECK(db.totals().limit_bytes == 1'000u);
  REQUIRE(set(std::nullopt, 5));
  CHECK_FALSE(db.totals().limit_images);
  CHECK(db.totals().limit_bytes == 5u);
  CHECK(db.totals().images == 1);
  CHECK(set(~std::uint64_t{0}, 5).error().code == Errc::invalid_request);
}

TEST_CASE("settings are found as they were last set") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const auto find = [&] {
    return db.look([](const Session& session) { return session.settings().find("signing_key"); }).value();
  };
  CHECK_FALSE(find());
  REQUIRE(db.change([](Session& session) { return session.settings().set("signing_key", "one"); }));
  REQUIRE(db.change([](Session& session) { return session.settings().set("signing_key", ""); }));
  db.reopen();
  CHECK(find() == "");
}

TEST_CASE("a file's stamp is replaced and can be emptied") {
  ContractDatabase db(GENERATE(from_range(backends())));
  const ImageRecord image = db.add(db.image("bytes"));
  const auto set = [&](const std::string& stamp) {
    return db.change([&](Session& session) { return session.images().set_verified(image.id, stamp, db.now()); });
  };
  REQUIRE(set("1:2:3"));
  CHECK(db.find(image.id)->file_stamp == "1:2:3");
  REQUIRE(set(""));
  CHECK(db.find(image.id)->file_stamp.empty());
  CHECK(db.find(image.id)->change_seq == image.change_seq);
}

}  // namespace
}  // namespace lightfast::test
