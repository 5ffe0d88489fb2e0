// How SQLite would run the statements that a connection holds prepared: call repositories over a session, then look.
// Used on the connection's thread.
#pragma once

#include <string>
#include <vector>

#include "db/sqlite/connection.h"

namespace lightfast::test {

struct QueryPlan {
  std::string sql;
  std::string plan;  // EXPLAIN QUERY PLAN, one line a step
};

// Of every statement that reads or changes rows. Each method's statement once, as they are kept by their text.
std::vector<QueryPlan> query_plans(const db::sqlite::Connection& connection);

// Checks that each statement searches an index, in the order asked for: no walk over a table, no sorting.
void check_all_indexed(const db::sqlite::Connection& connection);

}  // namespace lightfast::test
