#include "db/sqlite/sqlite_session.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/query_plans.h"

namespace lightfast::test {
namespace {

using db::RetentionImage;
using db::RetentionQuery;
using db::sqlite::Connection;
using db::sqlite::SqliteSession;

// A walk over a whole index in its order, which a LIMIT ends, is as good as a search.
void check_walks_an_index(SqliteSession& session, const std::string& index) {
  const auto plans = query_plans(session.connection());
  REQUIRE(plans.size() == 1);
  INFO(plans.front().sql);
  CHECK_THAT(plans.front().plan, Catch::Contains("USING INDEX " + index));
  CHECK_THAT(plans.front().plan, !Catch::Contains("TEMP B-TREE"));
}

TEST_CASE("each retention list walks the index in its order, of one user and of all, on the first page and later") {
  ContractDatabase db;
  const db::ImageRecord image = db.image("bytes");
  const bool of_one_user = GENERATE(false, true);
  const bool later_page = GENERATE(false, true);
  RetentionQuery query;
  if (of_one_user) query.user = image.user;
  if (later_page) query.after = RetentionImage{image.id, image.user};
  const auto check = [&](auto ask, const std::string& index_of_all, const std::string& index_of_user) {
    SqliteSession session(db.folder() / "lightfast.db", Connection::Role::reader);
    REQUIRE(ask(session.retention()));
    check_walks_an_index(session, of_one_user ? index_of_user : index_of_all);
  };
  using From = const db::Retention&;
  check([&](From from) { return from.trash(query, db.now()); }, "trash_by_deleted", "trash_by_user_deleted");
  check([&](From from) { return from.aged(query, db.now()); }, "live_by_created", "live_by_user_created");
  check([&](From from) { return from.expired(query, db.now()); }, "live_by_expiry", "live_by_expiry");
  check([&](From from) { return from.surplus_versions(query, 3); }, "live_old_versions", "live_old_versions");
  check([&](From from) { return from.old_versions(query); }, "live_old_versions", "live_old_versions");
  check([&](From from) { return from.least_recently_accessed(query, db.now()); }, "live_by_accessed",
        "live_by_user_accessed");
  check([&](From from) { return from.purging(query); }, "images_purging", "images_purging");
}

TEST_CASE("the newest time and the users over their limits are searched for") {
  ContractDatabase db;
  SqliteSession session(db.folder() / "lightfast.db", Connection::Role::reader);
  REQUIRE(session.retention().newest_time());
  REQUIRE(session.retention().over_limits({}, std::nullopt, 10));
  check_all_indexed(session.connection());
}

TEST_CASE("statistics look at no image") {
  ContractDatabase db;
  SqliteSession session(db.folder() / "lightfast.db", Connection::Role::reader);
  REQUIRE(session.counters().by_kind(10));
  REQUIRE(session.counters().by_day(std::nullopt, "2026-11-01", "2026-11-30"));
  REQUIRE(session.counters().first_day());
  REQUIRE(session.users().everybody());
  REQUIRE(session.users().count());
  REQUIRE(session.users().largest(10));
  REQUIRE(session.cleanup_runs().latest(10));
  for (const auto& query : query_plans(session.connection())) {
    INFO(query.sql);
    CHECK_THAT(query.plan, !Catch::Contains("hosted_images") && !Catch::Contains("TEMP B-TREE"));
    if (query.sql.find("LIMIT 1") == std::string::npos) {
      CHECK_THAT(query.plan, !Catch::Contains("SCAN daily_counters"));
    }
  }
}

TEST_CASE("stored files are paged along an index in each of their orders") {
  ContractDatabase db;
  const db::ImageRecord image = db.add(db.image("bytes"));
  SqliteSession session(db.folder() / "lightfast.db", Connection::Role::reader);
  const db::StoredFiles& files = session.stored_files();
  const auto first = files.by_id(std::nullopt, 10);
  REQUIRE(first->size() == 1);
  REQUIRE(files.by_file_key("", 10));
  REQUIRE(files.unverified_since(db.now(), std::nullopt, 10));
  REQUIRE(files.unverified_since(db.now(), first->front(), 10));
  REQUIRE(files.damaged(std::nullopt, 10));
  check_all_indexed(session.connection());
}

}  // namespace
}  // namespace lightfast::test
