#include "server/guard/key_ring.h"

#include <catch2/catch.hpp>
#include <thread>

#include "base/encoding.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

namespace lightfast::test {
namespace {

using guard::KeyRing;
using std::chrono::hours;

const Timestamp start = ManualClock().now();

db::ApiKeyRecord record(const std::string& key, const std::string& scopes = "read") {
  const Sha256Digest hash = sha256(key);
  return {.id = guard::key_id_of(hash), .name = "name of " + key, .secret_hash = hash, .scopes = scopes};
}

TEST_CASE("a made key begins with lf_ and has 256 random bits") {
  const std::string one = guard::make_api_key(), other = guard::make_api_key();
  CHECK(one.size() == 46);
  CHECK(one.starts_with("lf_"));
  CHECK(from_base64(one.substr(3))->size() == 32);
  CHECK(one != other);
}

TEST_CASE("each full key is found and nothing that is nearly one") {
  const KeyRing ring({"first-key-01234567", "second-key-01234567"});
  const auto second = ring.find("second-key-01234567", start);
  REQUIRE(second);
  CHECK(second->scopes.str() == "read,write,admin");
  CHECK_FALSE(second->user);
  CHECK(second->key_id == sha256("second-key-01234567").hex().substr(0, 16));
  for (const char* key : {"", "first-key-0123456", "first-key-012345678", "First-key-01234567", "key-1"}) {
    INFO(key);
    CHECK(ring.find(key, start).error().code == Errc::unauthorized);
  }
}

TEST_CASE("a key whose digest only begins like another's is not that key") {
  KeyRing ring({});
  db::ApiKeyRecord impostor = record("wanted");
  impostor.secret_hash.bytes.back() ^= std::byte{1};
  ring.add(impostor);
  CHECK(ring.find("wanted", start).error().code == Errc::unauthorized);
}

TEST_CASE("a made key is found with its user and scopes until its time is over") {
  KeyRing ring({});
  db::ApiKeyRecord key = record("key", "read,write");
  key.user = UserId::parse("ana").value();
  key.expires_at = start + hours(1);
  ring.add(key);
  const auto found = ring.find("key", start);
  REQUIRE(found);
  CHECK(found->key_name == "name of key");
  CHECK(found->scopes.str() == "read,write");
  CHECK((found->user == key.user));
  CHECK(ring.find_by_id(key.id, start)->key_name == found->key_name);
  CHECK(ring.find("key", start + hours(1) - std::chrono::milliseconds(1)));
  CHECK(ring.find("key", start + hours(1)).error().code == Errc::unauthorized);
  CHECK(ring.find_by_id(key.id, start + hours(1)).error().code == Errc::unauthorized);
}

TEST_CASE("a removed key is gone for good also when it was removed before it was added") {
  KeyRing ring({});
  const db::ApiKeyRecord key = record("key"), late = record("late");
  ring.add(key);
  ring.remove(key.id);
  ring.add(key);
  CHECK(ring.find("key", start).error().code == Errc::unauthorized);
  ring.remove(late.id);
  ring.add(late);
  CHECK(ring.find("late", start).error().code == Errc::unauthorized);
}

TEST_CASE("revoked keys and keys with unknown scopes are not taken in") {
  KeyRing ring({});
  db::ApiKeyRecord revoked = record("revoked"), odd = record("odd", "everything");
  revoked.revoked_at = start;
  ring.add(revoked);
  ring.add(odd);
  CHECK(ring.find("revoked", start).error().code == Errc::unauthorized);
  CHECK(ring.find("odd", start).error().code == Errc::unauthorized);
}

TEST_CASE("the last use of a key is told once") {
  KeyRing ring({});
  const db::ApiKeyRecord key = record("key");
  ring.add(key);
  ring.add(record("unused"));
  CHECK(ring.take_uses().empty());
  CHECK(ring.find("key", start));
  CHECK(ring.find("key", start + hours(1)));
  const auto uses = ring.take_uses();
  REQUIRE(uses.size() == 1);
  CHECK(uses.front().id == key.id);
  CHECK((uses.front().last == start + hours(1)));
  CHECK(ring.take_uses().empty());
}

TEST_CASE("keys come and go while others are looked up") {
  KeyRing ring({"full-key-01234567"});
  std::atomic<bool> over = false;
  std::thread changing([&] {
    for (int i = 0; i < 300; ++i) {
      const db::ApiKeyRecord key = record("key " + std::to_string(i));
      ring.add(key);
      ring.remove(key.id);
    }
    over = true;
  });
  int missed = 0;
  while (!over) missed += ring.find("full-key-01234567", start) ? 0 : 1;
  changing.join();
  CHECK(missed == 0);
}

}  // namespace
}  // namespace lightfast::test
