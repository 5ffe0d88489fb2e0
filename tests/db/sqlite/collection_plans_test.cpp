#include "db/sqlite/sqlite_session.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/query_plans.h"

namespace lightfast::test {
namespace {

TEST_CASE("collections, names and versions are read along an index, whatever else the user has") {
  ContractDatabase db;
  db.add(db.named("bytes", "hero"));
  db::sqlite::SqliteSession session(db.folder() / "lightfast.db", db::sqlite::Connection::Role::reader);
  const db::Collections& collections = session.collections();
  REQUIRE(collections.collections(user_id("ana"), "", 10));
  REQUIRE(collections.find(user_id("ana"), "articles"));
  REQUIRE(collections.names(user_id("ana"), "articles", "", 10)->names.size() == 1);
  REQUIRE(collections.find_name(user_id("ana"), {"articles", "hero"}));
  REQUIRE(collections.versions(user_id("ana"), {"articles", "hero"}, 0, 10));
  for (const QueryPlan& query : query_plans(session.connection())) {
    INFO(query.sql);
    CHECK_THAT(query.plan, Catch::StartsWith("SEARCH hosted_images USING"));
    CHECK_THAT(query.plan, Catch::Contains("user_id=? AND collection"));
    CHECK_THAT(query.plan, !Catch::Contains("FOR GROUP BY") && !Catch::Contains("FOR ORDER BY"));
  }
}

}  // namespace
}  // namespace lightfast::test
