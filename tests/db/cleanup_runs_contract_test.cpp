#include "db/cleanup_runs.h"

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::CleanupRun;
using db::Session;
using namespace std::chrono_literals;

struct RunsUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};

  std::uint64_t insert(const CleanupRun& run) {
    return db.change([&](Session& session) { return session.cleanup_runs().insert(run); }).value();
  }
  std::vector<CleanupRun> latest(std::uint32_t limit) {
    return db.look([&](const Session& session) { return session.cleanup_runs().latest(limit); }).value();
  }
};

TEST_CASE("past cleanups are told newest first, with what they took and why") {
  RunsUnderTest at;
  CHECK(at.latest(10).empty());
  CleanupRun run;
  run.started_at = at.db.now();
  run.finished_at = at.db.now() + 1min;
  run.trigger = "daily";
  run.taken = {{"ttl", {3, 300}}, {"space", {1, 1'000}}};
  run.errors = 2;
  run.error_detail = "a file could not be unlinked";
  const auto first = at.insert(run);
  const auto second =
      at.insert({.started_at = at.db.now() + 1h, .finished_at = at.db.now() + 1h, .trigger = "command"});
  CHECK(second > first);
  at.db.reopen();
  const auto runs = at.latest(10);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].id == second);
  CHECK(runs[0].taken.empty());
  CHECK(runs[0].error_detail.empty());
  CHECK(runs[1].id == first);
  CHECK((runs[1].started_at == run.started_at));
  CHECK((runs[1].finished_at == run.finished_at));
  CHECK(runs[1].trigger == "daily");
  CHECK(runs[1].errors == 2);
  CHECK(runs[1].error_detail == run.error_detail);
  REQUIRE(runs[1].taken.size() == 2);
  CHECK(runs[1].taken.at("ttl").images == 3);
  CHECK(runs[1].taken.at("ttl").bytes == 300);
  CHECK(runs[1].taken.at("space").bytes == 1'000);
  CHECK(at.latest(1).size() == 1);
}

TEST_CASE("only the newest thousand cleanups are kept") {
  RunsUnderTest at;
  CleanupRun run;
  run.trigger = "daily";
  run.taken["ttl"] = {1, 1};
  const auto first = at.insert(run);
  REQUIRE(at.db.change([&](Session& session) -> Result<void> {
    for (int i = 0; i < 1'000; ++i) REQUIRE(session.cleanup_runs().insert(run));
    return {};
  }));
  const auto runs = at.latest(2'000);
  CHECK(runs.size() == 1'000);
  CHECK(runs.back().id > first);
}

TEST_CASE("what lives is added up by provider and type, most bytes first") {
  RunsUnderTest at;
  for (const char* content : {"aaa", "bb"}) at.db.add(at.db.image(content));
  db::ImageRecord generated = at.db.image("generated");
  generated.source.provider = "replicate";
  generated.content_type = "image/webp";
  at.db.add(generated);
  REQUIRE(at.db.remove(at.db.add(at.db.image("removed")).id));
  const auto look = [&](std::uint32_t limit) {
    return at.db.look([&](const Session& session) { return session.counters().by_kind(limit); }).value();
  };
  const auto kinds = look(10);
  REQUIRE(kinds.size() == 2);
  CHECK(kinds[0].provider == "replicate");
  CHECK(kinds[0].content_type == "image/webp");
  CHECK(kinds[0].images == 1);
  CHECK(kinds[0].bytes == 9);
  CHECK(kinds[1].provider.empty());
  CHECK(kinds[1].images == 2);
  CHECK(kinds[1].bytes == 5);
  CHECK(look(1).size() == 1);

  REQUIRE(at.db.remove(generated.id));
  CHECK(look(10).size() == 1);
  REQUIRE(at.db.restore(generated.id));
  CHECK(look(10).front().provider == "replicate");
  REQUIRE(at.db.remove(generated.id));
  REQUIRE(at.db.purge(generated.id));
  CHECK(look(10).size() == 1);
}

}  // namespace
}  // namespace lightfast::test
