#include "server/guard/tokens.h"

#include <catch2/catch.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

namespace lightfast::test {
namespace {

using guard::Caller;
using guard::KeyRing;
using guard::Scopes;
using guard::Tokens;
using std::chrono::hours;
using std::chrono::milliseconds;

const Timestamp start = ManualClock().now();
const Timestamp end = start + hours(1);
const Scopes both{true, true, false}, only_read{true, false, false};
const UserId ana = UserId::parse("auth0|ana").value(), bob = UserId::parse("bob").value();

struct TokensUnderTest {
  KeyRing ring{{"full-key-01234567"}};
  Tokens tokens{{"a signing key", "an older key"}, ring};
  Caller full = ring.find("full-key-01234567", start).value();

  Caller add_key(const std::string& key, const std::string& scopes, std::optional<UserId> user = {},
                 std::optional<Timestamp> expires_at = {}) {
    const Sha256Digest hash = sha256(key);
    ring.add({.id = guard::key_id_of(hash),
              .name = key,
              .secret_hash = hash,
              .user = std::move(user),
              .scopes = scopes,
              .expires_at = expires_at});
    return ring.find(key, start).value();
  }
};

TEST_CASE("a token is read back with its user and scopes until its end") {
  TokensUnderTest at;
  const auto token = at.tokens.make(at.full, ana, only_read, end + milliseconds(400));
  REQUIRE(token);
  CHECK(token->text.starts_with("lft_"));
  CHECK((token->expires_at == end));
  const auto caller = at.tokens.read(token->text, end - milliseconds(1));
  REQUIRE(caller);
  CHECK(caller->key_id == at.full.key_id);
  CHECK(caller->identity() == at.full.key_id + "/auth0|ana");
  CHECK(caller->scopes.str() == "read");
  CHECK((caller->user == ana));
  CHECK((caller->expires_at == end));
  CHECK(at.tokens.read(token->text, end).error().code == Errc::unauthorized);
}

TEST_CASE("no single character of a token can be another or be left out") {
  TokensUnderTest at;
  const std::string token = at.tokens.make(at.full, ana, both, end)->text;
  int accepted = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = token;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      accepted += at.tokens.read(changed, start) ? 1 : 0;
    }
    accepted += at.tokens.read(token.substr(0, i) + token.substr(i + 1), start) ? 1 : 0;
  }
  for (const char* text : {"", "lft_", "lft_.", "lft_x.y", ".", "full-key-01234567"}) {
    accepted += at.tokens.read(text, start) ? 1 : 0;
  }
  for (const char* more : {" ", "=", "\n", ".", ".x"}) accepted += at.tokens.read(token + more, start) ? 1 : 0;
  CHECK(accepted == 0);
}

TEST_CASE("a token never may more than the key it is made from nor live longer") {
  TokensUnderTest at;
  const Caller reader = at.add_key("reader", "read");
  const Caller anas = at.add_key("anas", "read,write", ana, start + hours(1));
  CHECK(at.tokens.make(reader, ana, both, end).error().code == Errc::forbidden);
  CHECK(at.tokens.make(reader, ana, only_read, end));
  CHECK(at.tokens.make(at.full, ana, Scopes::all(), end).error().code == Errc::forbidden);
  CHECK(at.tokens.make(anas, bob, only_read, end).error().code == Errc::forbidden);
  const auto token = at.tokens.make(anas, ana, both, start + hours(100));
  REQUIRE(token);
  CHECK((token->expires_at == start + hours(1)));
}

TEST_CASE("a token makes no tokens") {
  TokensUnderTest at;
  const Caller caller = at.tokens.read(at.tokens.make(at.full, ana, both, end)->text, start).value();
  CHECK(at.tokens.make(caller, ana, only_read, end).error().code == Errc::forbidden);
}

TEST_CASE("tokens go with the key that they were made from") {
  TokensUnderTest at;
  const Caller web = at.add_key("web", "read,write");
  const std::string token = at.tokens.make(web, ana, both, end)->text;
  CHECK(at.tokens.read(token, start));
  at.ring.remove(web.key_id);
  CHECK(at.tokens.read(token, start).error().code == Errc::unauthorized);
}

TEST_CASE("tokens of an older signing key are read while it is listed") {
  TokensUnderTest at;
  const Tokens before({"an older key"}, at.ring), after({"a signing key"}, at.ring);
  const std::string token = before.make(at.full, ana, both, end)->text;
  CHECK(at.tokens.read(token, start));
  CHECK_FALSE(after.read(token, start));
  CHECK(after.read(at.tokens.make(at.full, ana, both, end)->text, start));
}

TEST_CASE("what is signed as a URL is no token") {
  TokensUnderTest at;
  const std::string claims = to_base64url(at.full.key_id + " read,write 9999999999 ana");
  const auto with = [&](const std::string& key) {
    return "lft_" + claims + "." + to_base64url(hmac_sha256(key, claims));
  };
  CHECK(at.tokens.read(with(hmac_sha256("a signing key", "lightfast token 1")), start));
  CHECK_FALSE(at.tokens.read(with(hmac_sha256("a signing key", "lightfast signed url 1")), start));
  CHECK_FALSE(at.tokens.read(with("a signing key"), start));
}

}  // namespace
}  // namespace lightfast::test
