// A database that is damaged, cut off or replaced is never started over: what it can tell is served, and it is said.
#include <catch2/catch.hpp>
#include <fstream>

#include "db/sqlite/connection.h"
#include "tests/e2e/database_damage.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

namespace fs = std::filesystem;

void check_only_reads(RunningServer& server, const boost::json::object& image) {
  CHECK((server.get(server.path_of(image)).body == png(1)));
  check_problem(server.upload(png(2)), 503, "read_only");
  check_problem(server.api("DELETE", "/v1/images/alice/" + text(image, "id")), 503, "read_only");
  check_problem(server.api("POST", "/v1/images/generate", R"({"prompt":"a lighthouse"})"), 503, "read_only");
  const HttpResponse ready = server.get("/readyz");
  CHECK(ready.status == 503);
  CHECK_THAT(ready.body, Catch::Contains("damaged"));
  CHECK_THAT(server.process().log(), Catch::Contains("the database is damaged"));
  CHECK((server.get(server.path_of(image)).body == png(1)));
}

TEST_CASE("damage that the check after the start finds leaves the images served and nothing else changed") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  damage(server, "daily_counters_by_user");
  REQUIRE(eventually([&] { return server.get("/readyz").status == 503; }));
  check_only_reads(server, image);
  CHECK(server.image_files().size() == 1);
  CHECK(server.process().run({"backup", "copy"}).exit_code == 1);
  CHECK(server.process().stop() == 0);
}

TEST_CASE("a database whose damage is met at the start serves what it can tell") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  damage(server, "schema_migrations");
  check_only_reads(server, image);
}

TEST_CASE("a database that tells nothing any more stops the start, and is left as it is") {
  RunningServer server;
  server.uploaded(png(1));
  CHECK(server.process().stop() == 0);
  const fs::path database = server.process().database();
  const std::string whole = read_file(database);
  for (const std::string& bytes : {std::string(), std::string("This is not a database.\n"), std::string(8'192, '\xee'),
                                   whole.substr(0, 700), whole.substr(0, 4'096), whole.substr(0, whole.size() / 2)}) {
    CAPTURE(bytes.size());
    write_file(database, bytes);
    const CommandResult result = server.process().run({"serve"});
    INFO(result.err);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.err, Catch::Contains(database.string()));
    CHECK((read_file(database) == bytes));
  }
  write_file(database, whole);
  server.process().start();
  CHECK(server.get("/readyz").status == 200);
}

TEST_CASE("an empty database beside images is no new store") {
  RunningServer server;
  server.uploaded(png(1));
  CHECK(server.process().stop() == 0);
  fs::remove(server.process().database());
  write_file(server.process().database(), "");
  { const db::sqlite::Connection made(server.process().database(), db::sqlite::Connection::Role::writer); }
  const CommandResult result = server.process().run({"serve"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, Catch::Contains("empty"));
}

}  // namespace
}  // namespace lightfast::test
