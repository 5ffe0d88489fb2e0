// Lists of images a page at a time, by keyset: a page starts where the one before ended, so any depth costs the same.
// Runs on its connection's thread.
#pragma once

#include <string>
#include <vector>

#include "db/records.h"
#include "db/sqlite/statement.h"

namespace lightfast::db::sqlite {

struct ListStatement {
  std::string sql;
  std::vector<Value> values;
};

// Errc::invalid_request for a limit outside 1–1000, a foreign cursor or a search text over 1,000 bytes.
Result<ListStatement> list_statement(const ImageQuery& query);
Result<ImagePage> list_images(Connection& connection, const ImageQuery& query);

}  // namespace lightfast::db::sqlite
