#include "db/retention.h"

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageRecord;
using db::Retention;
using db::RetentionQuery;
using db::Session;
using namespace std::chrono_literals;

std::vector<std::string> ids_of(const Retention::Images& images) {
  std::vector<std::string> ids;
  for (const auto& image : images) ids.push_back(image.id.str());
  return ids;
}

std::vector<std::string> ids_of(const std::vector<ImageRecord>& images) {
  std::vector<std::string> ids;
  for (const auto& image : images) ids.push_back(image.id.str());
  return ids;
}

struct RetentionUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};
  int made = 0;

  // One a minute, all with bytes of their own.
  ImageRecord add(const std::string& user = "ana", const std::string& collection = "", const std::string& name = "") {
    db.clock().advance(1min);
    ImageRecord image = db.image("bytes " + std::to_string(++made), user);
    if (!name.empty()) image.name = db::ImageName{collection, name};
    return db.add(image);
  }
  void pin(const ImageRecord& image) {
    REQUIRE(db.change([&](Session& session) { return session.images().set_pinned(image.id, true); }));
  }
  void access(const ImageRecord& image) {
    db.clock().advance(1min);
    REQUIRE(db.change([&](Session& session) {
      return session.images().record_accesses({{image.id, db.now(), 1, image.file_size}});
    }));
  }
  void begin_purge(const ImageRecord& image) {
    REQUIRE(db.change([&](Session& session) { return session.images().begin_purge(image.id, db.now()); }));
  }
  template <class Fn>
  auto look(Fn fn) {
    return db.look([&](const Session& session) { return fn(session.retention()); });
  }

  // Every page of one list, each of two images, which must come out as the one large page.
  template <class Fn>
  std::vector<std::string> list(Fn ask, RetentionQuery query = {}) {
    const auto all = ids_of(look([&](const Retention& from) { return ask(from, query); }).value());
    std::vector<std::string> paged;
    query.limit = 2;
    while (true) {
      const auto page = look([&](const Retention& from) { return ask(from, query); }).value();
      for (const auto& id : ids_of(page)) paged.push_back(id);
      if (page.size() < query.limit) break;
      query.after = page.back();
    }
    CHECK(paged == all);
    return all;
  }
};

TEST_CASE("a retention list tells what a cleanup needs to know of an image") {
  RetentionUnderTest at;
  ImageRecord image = at.db.named("bytes", "hero");
  image.expires_at = at.db.now() + 24h;
  image = at.db.add(image);
  at.access(image);
  const Timestamp later = at.db.now() + 1h;
  const auto list = at.look([&](const Retention& from) { return from.aged({}, later); }).value();
  REQUIRE(list.size() == 1);
  const auto& told = list.front();
  CHECK((told.id == image.id));
  CHECK((told.user == image.user));
  CHECK(told.file_key == image.file_key);
  CHECK(told.file_size == image.file_size);
  REQUIRE(told.name);
  CHECK(told.name->collection == "articles");
  CHECK(told.name->name == "hero");
  CHECK(told.version == 1);
  CHECK(told.is_current);
  CHECK_FALSE(told.pinned);
  CHECK((told.created_at == image.created_at));
  CHECK((told.renewed_at == image.created_at));
  CHECK((told.accessed_at == at.db.now()));
  CHECK((told.expires_at == image.expires_at));
  CHECK_FALSE(told.deleted_at);
}

TEST_CASE("the trash comes with the oldest removal first, up to the time asked for") {
  RetentionUnderTest at;
  const auto first = at.add(), second = at.add(), third = at.add("bob"), purging = at.add(), last = at.add();
  at.pin(second);
  for (const auto& image : {third, second, purging, first}) {
    at.db.clock().advance(1min);
    REQUIRE(at.db.remove(image.id));
  }
  at.begin_purge(purging);
  const Timestamp before = at.db.now() + 1ms;
  at.db.clock().advance(1min);
  REQUIRE(at.db.remove(last.id));
  const auto trash = [&](const Retention& from, const RetentionQuery& query) { return from.trash(query, before); };
  CHECK(at.list(trash) == ids_of({third, second, first}));
  CHECK(at.list(trash, {.user = user_id("ana")}) == ids_of({second, first}));
}

TEST_CASE("aged images come oldest first, without those renewed, pinned or removed") {
  RetentionUnderTest at;
  const auto first = at.add(), renewed = at.add("ana", "articles", "hero"), pinned = at.add(), removed = at.add();
  const auto bobs = at.add("bob"), second = at.add("ana", "articles", "footer"), third = at.add();
  const Timestamp before = at.db.now() + 1ms;
  const auto young = at.add();
  at.pin(pinned);
  REQUIRE(at.db.remove(removed.id));
  ImageRecord again = renewed;
  again.id = at.db.image("any").id;
  again.file_key += "2";
  again.created_at = at.db.now();
  CHECK(at.db.insert(again).existed);
  const auto aged = [&](const Retention& from, const RetentionQuery& query) { return from.aged(query, before); };
  CHECK(at.list(aged) == ids_of({first, bobs, second, third}));
  CHECK(at.list(aged, {.user = user_id("bob")}) == ids_of({bobs}));
  CHECK(at.list(aged, {.collection = "articles"}) == ids_of({second}));
  CHECK(at.list(aged, {.user = user_id("ana"), .collection = "articles"}) == ids_of({second}));
}

TEST_CASE("expired images come longest over first, at the very millisecond of their end") {
  RetentionUnderTest at;
  std::vector<ImageRecord> images;
  for (const auto minutes : {30, 10, 20, 10, 40}) {
    ImageRecord image = at.db.image("expiring " + std::to_string(images.size()));
    image.expires_at = at.db.now() + minutes * 1min;
    images.push_back(at.db.add(image));
  }
  at.add();
  at.pin(images[3]);
  const Timestamp now = at.db.image("any").created_at + 29min;  // one minute has gone by
  const auto expired = [&](const Retention& from, const RetentionQuery& query) { return from.expired(query, now); };
  CHECK(at.list(expired) == ids_of({images[1], images[2], images[0]}));
  const auto just_before = at.look([&](const Retention& from) { return from.expired({}, now - 1ms); });
  CHECK(just_before.value().size() == 2);
}

TEST_CASE("versions beyond the newest few are surplus, but for the current one and pinned ones") {
  RetentionUnderTest at;
  std::vector<ImageRecord> hero;
  for (int i = 0; i < 6; ++i) hero.push_back(at.add("ana", "articles", "hero"));
  const auto bobs_first = at.add("bob", "articles", "hero");
  const auto bobs_second = at.add("bob", "articles", "hero");
  at.add("ana", "articles", "footer");
  at.pin(hero[1]);
  REQUIRE(at.db.remove(hero[4].id));  // so the newest two are 6 and 4
  at.access(hero[0]);
  const auto surplus = [](std::uint32_t kept) {
    return [kept](const Retention& from, const RetentionQuery& query) { return from.surplus_versions(query, kept); };
  };
  CHECK(at.list(surplus(2)) == ids_of({hero[2], hero[0]}));
  CHECK(at.list(surplus(1)) == ids_of({hero[2], hero[3], hero[0], bobs_first}));
  CHECK(at.list(surplus(1), {.user = user_id("bob")}) == ids_of({bobs_first}));
  CHECK(at.list(surplus(1), {.user = user_id("ana")}) == ids_of({hero[2], hero[3], hero[0]}));
  CHECK(at.list(surplus(5)).empty());

  REQUIRE(at.db.change([](Session& session) {
    return session.images().set_current(user_id("ana"), {"articles", "hero"}, 3);
  }));
  CHECK(at.list(surplus(2)) == ids_of({hero[0]}));
  const auto old = [](const Retention& from, const RetentionQuery& query) { return from.old_versions(query); };
  CHECK(at.list(old, {.user = user_id("ana")}) == ids_of({hero[3], hero[5], hero[0]}));
  CHECK(at.list(old) == ids_of({hero[3], hero[5], hero[0], bobs_first}));
}

TEST_CASE("the least recently accessed come first, of one user or of all, without pinned and young ones") {
  RetentionUnderTest at;
  const auto first = at.add(), bobs = at.add("bob"), second = at.add(), pinned = at.add(), third = at.add();
  const Timestamp made_before = at.db.now() + 1ms;
  const auto young = at.add();
  at.pin(pinned);
  at.access(first);
  const auto ask = [&](const Retention& from, const RetentionQuery& query) {
    return from.least_recently_accessed(query, made_before);
  };
  CHECK(at.list(ask) == ids_of({bobs, second, third, first}));
  CHECK(at.list(ask, {.user = user_id("ana")}) == ids_of({second, third, first}));
}

TEST_CASE("an image that is being purged is in no other list and cannot come back") {
  RetentionUnderTest at;
  const auto living = at.add(), removed = at.add(), kept = at.add();
  REQUIRE(at.db.remove(removed.id));
  at.begin_purge(living);
  at.begin_purge(removed);
  at.begin_purge(removed);
  const auto purging = [](const Retention& from, const RetentionQuery& query) { return from.purging(query); };
  CHECK(at.list(purging) == ids_of({living, removed}));
  CHECK(at.db.find(living.id)->deleted_at == at.db.now());
  for (const auto& image : {living, removed}) CHECK(at.db.restore(image.id).error().code == Errc::not_found);
  CHECK(at.db.list({.deleted = true})->images.empty());
  CHECK(at.db.list({})->images.size() == 1);
  CHECK(at.db.totals().trash_images == 2);
  at.db.reopen();
  REQUIRE(at.db.purge(living.id));
  REQUIRE(at.db.purge(removed.id));
  CHECK(at.list(purging).empty());
  CHECK(at.db.totals().trash_images == 0);
  const auto missing =
      at.db.change([&](Session& session) { return session.images().begin_purge(living.id, at.db.now()); });
  CHECK(missing.error().code == Errc::not_found);
}

TEST_CASE("users are over their own limits or, having none, over the configured ones") {
  RetentionUnderTest at;
  for (const char* user : {"ana", "bob", "cara", "dora", "emil"}) {
    for (int i = 0; i < 3; ++i) at.add(user);
  }
  const auto set_limits = [&](const char* user, std::optional<std::uint64_t> images,
                              std::optional<std::uint64_t> bytes) {
    REQUIRE(at.db.change([&](Session& session) { return session.users().set_limits(user_id(user), images, bytes); }));
  };
  const auto over = [&](const db::UserLimits& defaults, std::uint32_t page = 100) {
    std::vector<std::string> names;
    std::optional<UserId> after;
    while (true) {
      const auto users = at.look([&](const Retention& from) { return from.over_limits(defaults, after, page); });
      for (const auto& [user, totals] : users.value()) {
        CHECK(totals.images == 3);
        names.push_back(user.str());
        after = user;
      }
      if (users->size() < page) return names;
    }
  };
  set_limits("ana", 5, std::nullopt);
  set_limits("bob", 0, 0);  // none at all
  set_limits("cara", 2, std::nullopt);
  set_limits("dora", std::nullopt, 1);
  CHECK(over({}) == std::vector<std::string>{"cara", "dora"});
  CHECK(over({.images = 2}) == std::vector<std::string>{"cara", "dora", "emil"});
  CHECK(over({.images = 2}, 1) == std::vector<std::string>{"cara", "dora", "emil"});
  CHECK(over({.images = 3}) == std::vector<std::string>{"cara", "dora"});
  CHECK(over({.bytes = 5}) == std::vector<std::string>{"ana", "cara", "dora", "emil"});
}

TEST_CASE("the newest time is that of the last making, access or removal") {
  RetentionUnderTest at;
  const auto newest = [&] { return at.look([](const Retention& from) { return from.newest_time(); }).value(); };
  CHECK_FALSE(newest());
  const auto image = at.add();
  CHECK((newest() == at.db.now()));
  at.access(image);
  CHECK((newest() == at.db.now()));
  at.db.clock().advance(1min);
  REQUIRE(at.db.remove(image.id));
  CHECK((newest() == at.db.now()));
}

TEST_CASE("a retention list has 1 to 1000 images a page") {
  RetentionUnderTest at;
  const std::uint32_t limit = GENERATE(0, 1'001);
  CHECK(at.look([&](const Retention& from) { return from.old_versions({.limit = limit}); }).error().code ==
        Errc::invalid_request);
  CHECK(at.look([&](const Retention& from) { return from.over_limits({}, std::nullopt, limit); }).error().code ==
        Errc::invalid_request);
}

TEST_CASE("a user's or a collection's images are removed some at a time, pinned ones too") {
  RetentionUnderTest at;
  const auto first = at.add(), hero = at.add("ana", "articles", "hero"), pinned = at.add();
  const auto bobs = at.add("bob", "articles", "hero");
  at.pin(pinned);
  const auto remove_some = [&](const std::string& collection, std::uint32_t limit) {
    return at.db.change(
        [&](Session& session) { return session.images().remove_some(user_id("ana"), collection, at.db.now(), limit); });
  };
  CHECK(remove_some("", 0).error().code == Errc::invalid_request);
  CHECK(ids_of(*remove_some("articles", 10)) == ids_of({hero}));
  CHECK(ids_of(*remove_some("", 1)) == ids_of({first}));
  const auto last = remove_some("", 10);
  CHECK(ids_of(*last) == ids_of({pinned}));
  CHECK(last->front().deleted_at);
  CHECK(remove_some("", 10)->empty());
  CHECK(at.db.totals().images == 0);
  CHECK(at.db.totals().trash_images == 3);
  CHECK(at.db.find(bobs.id)->is_current);
}

TEST_CASE("what was dated before a time is dated anew and nothing else") {
  RetentionUnderTest at;
  const Timestamp then = at.db.now();
  ImageRecord timed = at.db.image("timed");
  timed.expires_at = then + 1h;
  timed = at.db.add(timed);
  const ImageRecord old = at.add();
  const ImageRecord removed = at.add();
  REQUIRE(at.db.remove(removed.id));
  at.db.clock().advance(24h);
  const Timestamp between = at.db.now();
  const ImageRecord young = at.add();
  const auto date_anew = [&](Timestamp now, std::uint32_t limit) {
    return at.db.change([&](Session& session) { return session.images().date_anew(between, now, limit); });
  };
  const Timestamp now = between + 48h;
  CHECK(*date_anew(now, 1) == 2);  // one that lives, one that does not
  CHECK(*date_anew(now, 1) == 1);
  CHECK(*date_anew(now + 1h, 1) == 0);
  CHECK((at.db.find(timed.id)->expires_at == now + 1h));
  CHECK((at.db.find(old.id)->renewed_at == now));
  CHECK((at.db.find(old.id)->accessed_at == now));
  CHECK((at.db.find(removed.id)->deleted_at == now));
  CHECK((at.db.find(young.id)->renewed_at == young.renewed_at));
}

}  // namespace
}  // namespace lightfast::test
