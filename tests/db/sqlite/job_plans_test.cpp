#include "db/sqlite/sqlite_session.h"
#include "tests/db/database_contract.h"
#include "tests/db/sqlite/query_plans.h"

namespace lightfast::test {
namespace {

TEST_CASE("jobs and idempotency keys are looked up, listed and forgotten along an index") {
  ContractDatabase db;
  db::sqlite::SqliteSession session(db.folder() / "lightfast.db", db::sqlite::Connection::Role::writer);
  session.connection().execute("BEGIN");
  db::Jobs& jobs = session.jobs();
  REQUIRE(jobs.find("job_1"));
  REQUIRE(jobs.find_by_image(db.image("any").id));
  REQUIRE(jobs.find_by_prediction("replicate", "gm3q"));
  REQUIRE(jobs.find_by_source(user_id("ana"), "https://d/0.webp"));
  REQUIRE(jobs.due_webhooks(db.now(), 10));
  REQUIRE(jobs.forget_finished_before(db.now()));
  db::IdempotencyKeys& keys = session.idempotency_keys();
  REQUIRE(keys.find("web", "k1"));
  REQUIRE(keys.remove("web", "k1"));
  REQUIRE(keys.forget_before(db.now()));
  check_all_indexed(session.connection());
}

TEST_CASE("unfinished jobs are read from an index of them alone, already in their order") {
  ContractDatabase db;
  db::sqlite::SqliteSession session(db.folder() / "lightfast.db", db::sqlite::Connection::Role::reader);
  REQUIRE(session.jobs().unfinished());
  const auto plans = query_plans(session.connection());
  REQUIRE(plans.size() == 1);
  CHECK(plans.front().plan == "SCAN jobs USING INDEX jobs_unfinished\n");
}

}  // namespace
}  // namespace lightfast::test
