#include "db/api_keys.h"

#include "tests/db/database_contract.h"

namespace lightfast::test {
namespace {

using db::ApiKeyRecord;
using db::ApiKeys;
using db::Session;
using std::chrono::hours;

struct ApiKeysUnderTest {
  ContractDatabase db{GENERATE(from_range(backends()))};

  ApiKeyRecord key(const std::string& name) {
    const Sha256Digest hash = sha256("secret of " + name + std::to_string(made++));
    return {
        .id = hash.hex().substr(0, 16), .name = name, .secret_hash = hash, .scopes = "read", .created_at = db.now()};
  }
  template <class Fn>
  auto change(Fn fn) {
    return db.change([&](Session& session) { return fn(session.api_keys()); });
  }
  Result<void> insert(const ApiKeyRecord& key) {
    return change([&](ApiKeys& keys) { return keys.insert(key); });
  }
  Result<ApiKeyRecord> revoke(const std::string& name) {
    return change([&](ApiKeys& keys) { return keys.revoke(name, db.now()); });
  }
  std::vector<ApiKeyRecord> list() {
    return db.look([](const Session& session) { return session.api_keys().list(); }).value();
  }

  int made = 0;
};

TEST_CASE("an API key is read back as it was inserted also by the next start") {
  ApiKeysUnderTest at;
  ApiKeyRecord bound = at.key("phone");
  bound.user = user_id("auth0|ana");
  bound.scopes = "read,write";
  bound.expires_at = at.db.now() + hours(24);
  REQUIRE(at.insert(at.key("web")));
  at.db.clock().advance(hours(1));
  bound.created_at = at.db.now();
  REQUIRE(at.insert(bound));
  at.db.reopen();
  const auto keys = at.list();
  REQUIRE(keys.size() == 2);
  const ApiKeyRecord& newest = keys.front();
  CHECK(newest.id == bound.id);
  CHECK(newest.name == "phone");
  CHECK((newest.secret_hash == bound.secret_hash));
  CHECK((newest.user == bound.user));
  CHECK(newest.scopes == "read,write");
  CHECK((newest.created_at == bound.created_at));
  CHECK((newest.expires_at == bound.expires_at));
  CHECK_FALSE(newest.revoked_at);
  CHECK_FALSE(newest.last_used_at);
  CHECK_FALSE(keys.back().user);
  CHECK_FALSE(keys.back().expires_at);
}

TEST_CASE("no two living API keys have one name and revoking frees it") {
  ApiKeysUnderTest at;
  const ApiKeyRecord first = at.key("web");
  REQUIRE(at.insert(first));
  CHECK(at.insert(at.key("web")).error().code == Errc::conflict);
  CHECK(at.insert(first).error().code == Errc::conflict);
  CHECK(at.list().size() == 1);

  at.db.clock().advance(hours(1));
  const auto revoked = at.revoke("web");
  REQUIRE(revoked);
  CHECK(revoked->id == first.id);
  CHECK((revoked->revoked_at == at.db.now()));
  CHECK(at.insert(at.key("web")));
  CHECK(at.list().size() == 2);
}

TEST_CASE("an API key is revoked by name or id once and never another one") {
  ApiKeysUnderTest at;
  const ApiKeyRecord web = at.key("web");
  REQUIRE(at.insert(web));
  REQUIRE(at.insert(at.key("phone")));
  CHECK(at.revoke("we").error().code == Errc::not_found);
  CHECK(at.revoke("").error().code == Errc::not_found);
  CHECK(at.revoke(web.id));
  CHECK(at.revoke(web.id).error().code == Errc::not_found);
  CHECK(at.revoke("web").error().code == Errc::not_found);
  int living = 0;
  for (const auto& key : at.list()) living += key.revoked_at ? 0 : 1;
  CHECK(living == 1);
}

TEST_CASE("the last use of API keys is kept and of missing ones nothing") {
  ApiKeysUnderTest at;
  const ApiKeyRecord web = at.key("web");
  REQUIRE(at.insert(web));
  at.db.clock().advance(hours(2));
  CHECK(at.change([&](ApiKeys& keys) { return keys.record_uses({{web.id, at.db.now()}, {"missing", at.db.now()}}); }));
  REQUIRE(at.list().size() == 1);
  CHECK((at.list().front().last_used_at == at.db.now()));
}

}  // namespace
}  // namespace lightfast::test
