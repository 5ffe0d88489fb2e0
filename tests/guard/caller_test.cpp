#include "server/guard/caller.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

namespace lightfast::test {
namespace {

using guard::Scope;
using guard::Scopes;

TEST_CASE("scopes are read in any order and told in one") {
  const auto scopes = Scopes::parse("admin,read");
  REQUIRE(scopes);
  CHECK(scopes->may(Scope::read));
  CHECK_FALSE(scopes->may(Scope::write));
  CHECK(scopes->may(Scope::admin));
  CHECK(scopes->str() == "read,admin");
  CHECK(Scopes::parse("write,write,read")->str() == "read,write");
  CHECK(Scopes::all().str() == "read,write,admin");
}

TEST_CASE("what is no scope is refused") {
  for (const char* text : {"", ",", "read,", "Read", " read", "read write", "all", "read,,write"}) {
    INFO(text);
    CHECK(Scopes::parse(text).error().code == Errc::invalid_request);
  }
}

TEST_CASE("scopes cover those that they hold and no others") {
  const Scopes read{true, false, false}, both{true, true, false};
  CHECK(both.covers(read));
  CHECK(both.covers(both));
  CHECK(both.covers({}));
  CHECK_FALSE(read.covers(both));
  CHECK_FALSE(both.covers(Scopes::all()));
}

TEST_CASE("a key for one user acts for nobody else") {
  const guard::Caller bound{"phone", "1", Scopes::all(), UserId::parse("ana").value(), std::nullopt};
  CHECK(guard::require_user(bound, UserId::parse("ana").value()));
  CHECK(guard::require_user(bound, UserId::parse("Ana").value()).error().code == Errc::forbidden);
  CHECK(guard::require_user(bound, UserId::fallback()).error().code == Errc::forbidden);
}

}  // namespace
}  // namespace lightfast::test
