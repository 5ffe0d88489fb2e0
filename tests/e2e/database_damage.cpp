#include "tests/e2e/database_damage.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "db/sqlite/connection.h"
#include "db/sqlite/statement.h"

namespace lightfast::test {

void overwrite_page_of(const std::filesystem::path& database, const std::string& object) {
  std::uint64_t page = 0;
  {
    db::sqlite::Connection connection(database, db::sqlite::Connection::Role::reader);
    db::sqlite::Statement row(connection, "SELECT rootpage FROM sqlite_master WHERE name = ?", object);
    REQUIRE(row.next_row());
    page = row.count();
  }
  std::fstream file(database, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>((page - 1) * 4'096));
  file << std::string(4'096, '\xee');
}

void damage(RunningServer& server, const std::string& object) {
  CHECK(server.process().stop() == 0);
  overwrite_page_of(server.process().database(), object);
  server.process().start();
}

}  // namespace lightfast::test
