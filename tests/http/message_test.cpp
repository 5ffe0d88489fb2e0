#include "server/http/message.h"

#include <catch2/catch.hpp>

#include "tests/support/catch_result.h"

using namespace lightfast;
using http::Headers;
using http::Query;

TEST_CASE("header fields are found without regard to case, the first of a name") {
  Headers headers;
  headers.add("Content-Type", "image/png");
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  REQUIRE(headers.find("CONTENT-TYPE"));
  CHECK(*headers.find("content-type") == "image/png");
  CHECK(*headers.find("X-a") == "1");
  CHECK(headers.find("Content") == nullptr);
}

TEST_CASE("fields of one name are joined, replaced and removed together") {
  Headers headers;
  headers.add("Via", "a");
  headers.add("Other", "o");
  headers.add("via", "b");
  CHECK(headers.combined("VIA") == "a, b");
  CHECK(headers.combined("absent").empty());
  headers.set("Via", "c");
  CHECK(headers.combined("via") == "c");
  headers.remove("VIA");
  CHECK(headers.find("Via") == nullptr);
  CHECK(headers.all().size() == 1);
}

TEST_CASE("a query is split and decoded once, and a plus stays a plus") {
  const auto query = Query::parse("a=1&b=x%20y&b=2&c&=d&e=a+b&f=%2526&&g=1=2");
  REQUIRE(query);
  CHECK(*query->find("a") == "1");
  CHECK(*query->find("b") == "x y");
  CHECK(query->find("c")->empty());
  CHECK(*query->find("") == "d");
  CHECK(*query->find("e") == "a+b");
  CHECK(*query->find("f") == "%26");
  CHECK(*query->find("g") == "1=2");
  CHECK(query->find("h") == nullptr);
  CHECK(query->all().size() == 8);
}

TEST_CASE("an empty query is no error") {
  const auto query = Query::parse("");
  REQUIRE(query);
  CHECK(query->all().empty());
}

TEST_CASE("a query with a broken escape is refused") {
  for (const auto* text : {"a=%", "a=%2", "a=%zz", "%=1", "a=%00"}) {
    INFO(text);
    const auto query = Query::parse(text);
    REQUIRE_FALSE(query);
    CHECK(query.error().code == Errc::invalid_request);
  }
}

TEST_CASE("a parameter that the pattern doesn't name is a broken invariant") {
  http::Request request;
  request.params = {{"id", "7"}};
  CHECK(request.param("id") == "7");
  CHECK_THROWS_AS(request.param("user"), std::logic_error);
}

TEST_CASE("the size of a body is that of its parts") {
  http::Response response;
  CHECK(response.body_size() == 0);
  response.body.emplace_back("abc");
  response.body.emplace_back(http::FileSlice{nullptr, 100, 40});
  CHECK(response.body_size() == 43);
}
