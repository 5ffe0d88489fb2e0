#include "db/sqlite/sqlite_session.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/query_plans.h"

namespace lightfast::test {
namespace {

TEST_CASE("images are looked up by their URLs along an index") {
  ContractDatabase db;
  db::sqlite::SqliteSession session(db.folder() / "lightfast.db", db::sqlite::Connection::Role::reader);
  const db::Images& images = session.images();
  for (const std::optional<UserId>& user : {std::optional(user_id("ana")), std::optional<UserId>()}) {
    REQUIRE(images.find_by_source(user, "https://d/0.webp"));
    REQUIRE(images.find_public_by_source(user, "https://d/0.webp"));
    REQUIRE(images.find_by_source_path(user, "https://d/0.webp"));
  }
  // The few images of one URL are then put in their order.
  for (const auto& query : query_plans(session.connection())) {
    INFO(query.sql);
    CHECK_THAT(query.plan, !Catch::Contains("SCAN "));
  }
}

}  // namespace
}  // namespace lightfast::test
