#include "server/proxy/customer.h"

#include <catch2/catch.hpp>

#include "base/digest.h"
#include "base/encoding.h"
#include "tests/support/catch_result.h"
#include "tests/support/manual_clock.h"

namespace lightfast::proxy {
namespace {

using guard::Scope;

const std::string full = "full-key-01234567";

struct CustomersUnderTest {
  test::ManualClock clock;
  guard::KeyRing ring{{full}};
  guard::Tokens tokens{{"a signing key"}, ring};
  guard::ApiKeyGuard guard{ring, tokens, clock};

  std::string add_key(const std::string& key, const std::string& scopes, std::optional<UserId> user = {}) {
    const Sha256Digest hash = sha256(key);
    ring.add({.id = guard::key_id_of(hash),
              .name = key,
              .secret_hash = hash,
              .user = std::move(user),
              .scopes = scopes,
              .expires_at = {}});
    return key;
  }

  Result<Customer> identify(const std::string& authorization, const std::string& key = "", const std::string& user = "",
                            bool is_open = false) {
    http::Request request;
    if (!authorization.empty()) request.headers.add("Authorization", authorization);
    if (!key.empty()) request.headers.add("X-Lightfast-Key", key);
    if (!user.empty()) request.headers.add("X-Lightfast-User", user);
    return CustomerGuard(guard, is_open).identify(request);
  }
};

TEST_CASE("a key of ours as the SDK's key spends the server's credentials, whatever the SDK calls it") {
  CustomersUnderTest test;
  for (const std::string& scheme :
       {std::string("Bearer "), std::string("Token "), std::string("key "), std::string()}) {
    INFO(scheme);
    const auto customer = test.identify(scheme + full).value();
    CHECK(customer.spends_ours);
    CHECK(customer.authorization.empty());
    CHECK(customer.user.str() == "default");
  }
}

TEST_CASE("a key of ours beside the provider's credentials lets those pass, and never passes itself") {
  CustomersUnderTest test;
  const auto beside = test.identify("Bearer r8_theirs", full).value();
  CHECK_FALSE(beside.spends_ours);
  CHECK(beside.authorization == "Bearer r8_theirs");
  for (const std::string& other : {std::string(), "Bearer " + full, std::string("Bearer lf_revoked")}) {
    INFO(other);
    const auto customer = test.identify(other, full).value();
    CHECK(customer.spends_ours);
    CHECK(customer.authorization.empty());
  }
}

TEST_CASE("a key of ours that stands in Authorization in an odd way is refused and never passed on") {
  CustomersUnderTest test;
  const std::string basic = "Basic " + to_base64(":" + full), user = "basic " + to_base64("lf_revoked:x");
  const std::vector<std::string> odd_ones{"bearer, Bearer " + full,
                                          "Bearer Bearer " + full,
                                          "Basic " + full,
                                          "Bearer r8_theirs," + full,
                                          "Digest username=\"lft_token\"",
                                          "Key id:" + full,
                                          "Bearer r8_theirs\t" + full,
                                          basic,
                                          user};
  for (const std::string& odd : odd_ones) {
    for (const std::string& beside : {std::string(), full}) {
      INFO(odd);
      CHECK(test.identify(odd, beside).error().code == Errc::unauthorized);
      CHECK(test.identify(odd, beside, "", true).error().code == Errc::unauthorized);
    }
  }
  const auto tab = test.identify("Bearer\t" + full, full).value();
  CHECK(tab.spends_ours);
  CHECK(tab.authorization.empty());

  http::Request twice;
  twice.headers.add("X-Lightfast-Key", full);
  twice.headers.add("Authorization", "Bearer r8_theirs");
  twice.headers.add("authorization", "Bearer r8_other");
  CHECK(CustomerGuard(test.guard, false).identify(twice).error().code == Errc::unauthorized);
}

TEST_CASE("whoever brings nothing but the provider's credentials is told where a key of ours goes") {
  CustomersUnderTest test;
  CHECK(test.identify("Bearer r8_theirs").error().detail.find("X-Lightfast-Key") != std::string::npos);
  CHECK(test.identify("Bearer r8_theirs").error().detail == test.identify("").error().detail);
}

TEST_CASE("without a valid key nobody is let in") {
  CustomersUnderTest test;
  for (const std::string& given : {std::string(), std::string("Bearer r8_theirs"), std::string("Bearer lf_unknown")}) {
    INFO(given);
    CHECK(test.identify(given).error().code == Errc::unauthorized);
  }
  CHECK(test.identify("Bearer r8_theirs", "wrong").error().code == Errc::unauthorized);
  CHECK(test.identify("Bearer " + full, "wrong", "", true).error().code == Errc::unauthorized);
}

TEST_CASE("an open server lets strangers spend what they bring and nothing of its own") {
  CustomersUnderTest test;
  const auto theirs = test.identify("Key id:secret", "", "ana", true).value();
  CHECK_FALSE(theirs.spends_ours);
  CHECK(theirs.authorization == "Key id:secret");
  CHECK(theirs.user.str() == "ana");
  const auto nothing = test.identify("", "", "", true).value();
  CHECK_FALSE(nothing.spends_ours);
  CHECK(nothing.authorization.empty());
  CHECK(test.identify("Bearer lf_revoked", "", "", true).error().code == Errc::unauthorized);
}

TEST_CASE("a key for one user does not reach what all share at the provider, with our credentials") {
  CustomersUnderTest test;
  const std::string anas = test.add_key("lf_anas", "write", UserId::parse("ana").value());
  const auto ana = test.identify("Bearer " + anas).value();
  CHECK(require_reach(ana, false).error().code == Errc::forbidden);
  CHECK(require_reach(ana, true));
  CHECK(require_reach(test.identify("Bearer " + full).value(), false));
  CHECK(require_reach(test.identify("Bearer r8_theirs", anas).value(), false));  // their own account
}

TEST_CASE("a key works within its scope and for its own user") {
  CustomersUnderTest test;
  const std::string reader = test.add_key("lf_reader", "read");
  const std::string anas = test.add_key("lf_anas", "write", UserId::parse("ana").value());
  CHECK(test.identify("Bearer " + reader).error().code == Errc::forbidden);
  CHECK(test.identify("Bearer " + anas).value().user.str() == "ana");
  CHECK(test.identify("Bearer " + anas, "", "ana").value().user.str() == "ana");
  CHECK(test.identify("Bearer " + anas, "", "bob").error().code == Errc::forbidden);
  CHECK(test.identify("Bearer " + full, "", "bob").value().user.str() == "bob");
  CHECK(test.identify("Bearer " + full, "", "-nobody").error().code == Errc::invalid_user_id);
}

}  // namespace
}  // namespace lightfast::proxy
