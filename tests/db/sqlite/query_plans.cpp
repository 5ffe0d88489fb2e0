#include "tests/db/sqlite/query_plans.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>

namespace lightfast::test {
namespace {

std::string plan_of(sqlite3* handle, const std::string& sql) {
  const auto add_step = [](void* plan, int, char** columns, char**) {
    *static_cast<std::string*>(plan) += std::string(columns[3]) + "\n";
    return 0;
  };
  std::string plan;
  REQUIRE(sqlite3_exec(handle, ("EXPLAIN QUERY PLAN " + sql).c_str(), add_step, &plan, nullptr) == SQLITE_OK);
  return plan;
}

}  // namespace

std::vector<QueryPlan> query_plans(const db::sqlite::Connection& connection) {
  std::vector<std::string> statements;
  for (auto* held = sqlite3_next_stmt(connection.handle(), nullptr); held != nullptr;
       held = sqlite3_next_stmt(connection.handle(), held)) {
    statements.emplace_back(sqlite3_sql(held));
  }
  std::vector<QueryPlan> plans;
  for (const std::string& sql : statements) {
    std::string plan = plan_of(connection.handle(), sql);
    if (!plan.empty()) plans.push_back({sql, std::move(plan)});
  }
  return plans;
}

void check_all_indexed(const db::sqlite::Connection& connection) {
  const auto plans = query_plans(connection);
  REQUIRE_FALSE(plans.empty());
  for (const QueryPlan& query : plans) {
    INFO(query.sql);
    CHECK_THAT(query.plan, !Catch::Contains("TEMP B-TREE") && !Catch::Contains("SCAN "));
  }
}

}  // namespace lightfast::test
