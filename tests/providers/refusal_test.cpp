#include "server/providers/refusal.h"

#include <catch2/catch.hpp>

namespace lightfast::providers {
namespace {

const Timestamp now = *parse_iso8601("2026-11-28T10:00:00Z");

HttpAnswer answer(int status, std::string body = "{}") {
  HttpAnswer out;
  out.status = status;
  out.body = std::move(body);
  return out;
}

TEST_CASE("of a paid call that brought no image nobody knows whether it was taken, of a free one it does not matter") {
  for (const int status : {500, 502, 503, 302, 408}) {
    INFO(status);
    const CreateOutcome paid = refused_create("Acme", answer(status), now, Cost::money);
    CHECK(paid.may_be_accepted);
    CHECK_FALSE(paid.may_try_again);
    const CreateOutcome free = refused_create("Acme", answer(status), now, Cost::nothing);
    CHECK_FALSE(free.may_be_accepted);
    CHECK(free.error.code == Errc::provider_failed);
  }
  const HttpFailure cut{{Errc::download_failed, "cut"}, true, false};
  CHECK(lost_create("Acme", cut, Cost::money).may_be_accepted);
  CHECK_FALSE(lost_create("Acme", cut, Cost::nothing).may_be_accepted);
  CHECK(unreadable_create("Acme", Cost::money).may_be_accepted);
  CHECK_FALSE(unreadable_create("Acme", Cost::nothing).may_be_accepted);
}

TEST_CASE("refusals are told in the provider's name, with its own message") {
  CHECK(refusal("Acme", answer(422, R"({"detail":"no prompt"})"), now).detail == "Acme answered 422: no prompt");
  CHECK(refusal("Acme", answer(401), now).detail == "Acme refused the server's credentials");
  CHECK(refusal("Acme", answer(402), now).detail == "Acme refused for want of credit");
  CHECK(refusal("Acme", answer(429, R"({"retry_after":3})"), now).retry_after == std::chrono::seconds(3));
}

TEST_CASE("a failed prediction names itself only where it has a name") {
  Prediction nameless;
  fail(nameless, "gone");
  CHECK(nameless.state == Prediction::State::failed);
  CHECK(nameless.error->code == Errc::provider_failed);
  CHECK(nameless.error->members.empty());
  Prediction named;
  named.id = "p1";
  fail(named, "gone", Errc::source_gone);
  CHECK(named.error->code == Errc::source_gone);
  CHECK(named.error->members.at(0) == std::pair<std::string, std::string>("prediction_id", "p1"));
}

}  // namespace
}  // namespace lightfast::providers
