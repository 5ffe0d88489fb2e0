#include "db/sqlite/image_list.h"

#include "db/list_cursor.h"
#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ImageQuery;
using db::ListOrder;
using db::sqlite::Connection;
using db::sqlite::Statement;

std::string plan_of(Connection& connection, const ImageQuery& query) {
  Statement row(connection, "EXPLAIN QUERY PLAN " + db::sqlite::list_statement(query).value().sql);
  std::string plan;
  while (row.next_row()) {
    for (int skipped = 0; skipped < 3; ++skipped) row.integer();
    plan += row.text() + "\n";
  }
  return plan;
}

TEST_CASE("the common lists walk an index in its order, on the first page and on later ones") {
  ContractDatabase db;
  Connection connection(db.folder() / "lightfast.db", Connection::Role::reader);
  const UserId ana = user_id("ana");
  std::vector<ImageQuery> queries;
  for (const auto order :
       {ListOrder::newest, ListOrder::oldest, ListOrder::largest, ListOrder::least_recently_accessed}) {
    queries.push_back({.order = order});
    queries.push_back({.user = ana, .order = order});
    queries.push_back({.user = ana, .provider = "replicate", .order = order});
  }
  for (const auto order : {ListOrder::newest, ListOrder::oldest}) {
    queries.push_back({.user = ana, .collection = "articles", .order = order});
    queries.push_back({.user = ana, .collection = "articles", .name = "hero", .order = order});
    queries.push_back({.user = ana, .prediction_id = "gm3q", .order = order});
    queries.push_back({.deleted = true, .order = order});
    queries.push_back({.user = ana, .deleted = true, .order = order});
  }
  for (ImageQuery& query : queries) {
    for (const bool later_page : {false, true}) {
      if (later_page) query.cursor = db::encode_cursor(query, {1, db.image("any").id.str()});
      const std::string plan = plan_of(connection, query);
      CHECK_THAT(plan, Catch::Contains("USING INDEX"));
      CHECK_THAT(plan, !Catch::Contains("TEMP B-TREE"));
      // A narrower list is searched for, not filtered from a wider one.
      if (query.user) CHECK_THAT(plan, Catch::Contains("user_id=?"));
      if (!query.name.empty()) CHECK_THAT(plan, Catch::Contains("name=?"));
      if (!query.prediction_id.empty()) CHECK_THAT(plan, Catch::Contains("prediction_id=?"));
    }
  }
}

}  // namespace
}  // namespace lightfast::test
