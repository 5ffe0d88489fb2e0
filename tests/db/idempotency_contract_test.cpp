#include "db/idempotency.h"

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::IdempotencyKeys;
using db::IdempotencyRecord;
using db::Session;
using std::chrono::hours;

struct KeysUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};

  IdempotencyRecord record(const std::string& key, const std::string& caller = "web") {
    return {caller, key, "hash of " + key, "", 0, "", db.now()};
  }
  template <class Fn>
  auto change(Fn fn) {
    return db.change([&](Session& session) { return fn(session.idempotency_keys()); });
  }
  bool insert(const IdempotencyRecord& record) {
    return change([&](IdempotencyKeys& keys) { return keys.insert(record); }).value();
  }
  Result<void> finish(const std::string& key, int status, const std::string& response) {
    return change([&](IdempotencyKeys& keys) { return keys.finish("web", key, status, response); });
  }
  std::uint64_t forget_before(Timestamp time) {
    return change([&](IdempotencyKeys& keys) { return keys.forget_before(time); }).value();
  }
  std::optional<IdempotencyRecord> find(const std::string& key, const std::string& caller = "web") {
    return db.look([&](const Session& session) { return session.idempotency_keys().find(caller, key); }).value();
  }
};

TEST_CASE("an idempotency key is read back as it was inserted and finished, also by the next start") {
  KeysUnderTest at;
  IdempotencyRecord record = at.record("k1");
  record.job_id = "job_1";
  CHECK(at.insert(record));
  at.db.reopen();
  const auto under_way = at.find("k1");
  REQUIRE(under_way);
  CHECK(under_way->caller == "web");
  CHECK(under_way->key == "k1");
  CHECK(under_way->request_hash == "hash of k1");
  CHECK(under_way->job_id == "job_1");
  CHECK(under_way->status == 0);
  CHECK(under_way->response.empty());
  CHECK((under_way->created_at == at.db.now()));

  REQUIRE(at.finish("k1", 201, R"({"id":"img_1"})"));
  at.db.reopen();
  const auto finished = at.find("k1");
  CHECK(finished->status == 201);
  CHECK(finished->response == R"({"id":"img_1"})");
  CHECK(finished->request_hash == "hash of k1");
}

TEST_CASE("a used key is not taken a second time and keeps what it had") {
  KeysUnderTest at;
  CHECK(at.insert(at.record("k1")));
  IdempotencyRecord other = at.record("k1");
  other.request_hash = "another request";
  CHECK_FALSE(at.insert(other));
  CHECK(at.find("k1")->request_hash == "hash of k1");
}

TEST_CASE("the same key of another caller is another key") {
  KeysUnderTest at;
  CHECK(at.insert(at.record("k1", "web")));
  CHECK(at.insert(at.record("k1", "phone")));
  REQUIRE(at.finish("k1", 201, "for web"));
  CHECK(at.find("k1", "phone")->status == 0);
  CHECK_FALSE(at.find("k2"));
  CHECK_FALSE(at.find("k1", "other"));
}

TEST_CASE("a removed key is free again, and removing or finishing one that is missing harms nothing") {
  KeysUnderTest at;
  const auto remove = [&](const std::string& key) {
    return at.change([&](IdempotencyKeys& keys) { return keys.remove("web", key); });
  };
  CHECK(at.insert(at.record("k1")));
  CHECK(at.insert(at.record("k2")));
  CHECK(remove("k1"));
  CHECK(remove("k1"));
  CHECK_FALSE(at.find("k1"));
  CHECK(at.find("k2"));
  CHECK(at.finish("k1", 201, "").error().code == Errc::not_found);
  CHECK(at.insert(at.record("k1")));
}

TEST_CASE("old keys are forgotten, at most a thousand at once") {
  KeysUnderTest at;
  REQUIRE(at.change([&](IdempotencyKeys& keys) -> Result<void> {
    for (int i = 0; i < 1'001; ++i) REQUIRE(keys.insert(at.record("old " + std::to_string(i))));
    return {};
  }));
  at.db.clock().advance(hours(24));
  CHECK(at.insert(at.record("new")));
  CHECK(at.forget_before(at.db.now() - hours(24)) == 0);
  CHECK(at.forget_before(at.db.now()) == 1'000);
  CHECK(at.forget_before(at.db.now()) == 1);
  CHECK(at.forget_before(at.db.now()) == 0);
  CHECK(at.find("new"));
}

}  // namespace
}  // namespace lightfast::test
