// A user as a whole over HTTP: limits of their own, and everything removed.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

json::object answered(const HttpResponse& response) {
  INFO(response.body);
  REQUIRE(response.status == 200);
  return response.json().as_object();
}

json::object set_limits(RunningServer& server, const std::string& limits) {
  return answered(server.api("PUT", "/v1/users/alice/limits", limits));
}

TEST_CASE("a user's own limits stand in the usage, null and absent are the default's, zero is none") {
  RunningServer server(Environment{{"IMAGE_PER_USER_LIMIT", "50"}});
  const auto usage = [&] { return answered(server.api("GET", "/v1/users/alice/usage")); };
  CHECK(number(usage(), "limit_images") == 50);
  CHECK(usage().at("limit_bytes").is_null());

  const json::object set = set_limits(server, R"({"images":3,"bytes":100000})");
  CHECK(set == usage());
  CHECK(number(usage(), "limit_images") == 3);
  CHECK(number(usage(), "limit_bytes") == 100000);
  server.process().restart();
  CHECK(number(usage(), "limit_images") == 3);

  CHECK(set_limits(server, R"({"images":0,"bytes":null})").at("limit_images").is_null());
  CHECK(usage().at("limit_bytes").is_null());
  CHECK(number(set_limits(server, "{}"), "limit_images") == 50);
  CHECK(number(answered(server.api("GET", "/v1/users/bob/usage")), "limit_images") == 50);
}

TEST_CASE("limits of a wrong type or size are refused, naming the member") {
  RunningServer server;
  for (const std::string member : {"images", "bytes"}) {
    for (const char* value : {"\"3\"", "-1", "1.5", "true", "[]", "1e30", "9223372036854775808"}) {
      INFO(member << " " << value);
      const HttpResponse response = server.api("PUT", "/v1/users/alice/limits", "{\"" + member + "\":" + value + "}");
      check_problem(response, 400, "invalid_request");
      CHECK(response.body.find(member) != std::string::npos);
    }
  }
  for (const char* body : {"[]", "3", "{", "null"}) {
    check_problem(server.api("PUT", "/v1/users/alice/limits", body), 400, "invalid_request");
  }
  check_problem(server.api("PUT", "/v1/users/.alice/limits", "{}"), 400, "invalid_user_id");
  CHECK(server.send({.method = "PUT", .target = "/v1/users/alice/limits", .body = "{}"}).status == 401);
}

TEST_CASE("a user's own limit refuses new images under the policy reject, and that user's alone") {
  RunningServer server(Environment{{"IMAGE_USER_LIMIT_POLICY", "reject"}});
  set_limits(server, R"({"images":1})");
  server.uploaded(png(1));
  check_problem(server.upload(png(2)), 409, "user_limit");
  server.uploaded(png(2), "bob");
  server.uploaded(png(3), "bob");
  set_limits(server, R"({"images":0})");
  server.uploaded(png(2));
  set_limits(server, R"({"bytes":10})");
  check_problem(server.upload(png(4)), 409, "user_limit");
}

TEST_CASE("a user's own limit is what a cleanup keeps to") {
  RunningServer server(Environment{{"IMAGE_PER_USER_LIMIT", "1"}});
  set_limits(server, R"({"images":2})");
  for (std::uint32_t i = 1; i <= 4; ++i) server.uploaded(png(i));
  for (std::uint32_t i = 1; i <= 2; ++i) server.uploaded(png(i), "bob");
  CHECK(server.process().run({"cleanup"}).exit_code == 0);
  CHECK(number(answered(server.api("GET", "/v1/users/alice/usage")), "images") == 2);
  CHECK(number(answered(server.api("GET", "/v1/users/bob/usage")), "images") == 1);
}

TEST_CASE("everything of a user is removed by one call, restorable, and by another one for good") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  const auto pinned = server.uploaded(png(2), "alice", "&pinned=true");
  const auto others = server.uploaded(png(1), "bob");

  const json::object removal = answered(server.api("DELETE", "/v1/users/alice"));
  CHECK(text(removal, "user_id") == "alice");
  CHECK(number(removal, "removed") == 2);
  CHECK(number(removal, "purged") == 0);
  CHECK(number(removal, "bytes") == static_cast<std::int64_t>(png(1).size() + png(2).size()));
  CHECK(is_whole_second_utc(text(removal, "restorable_until")));
  CHECK(server.get(server.path_of(image)).status == 404);
  CHECK(server.get(server.path_of(pinned)).status == 404);
  CHECK(server.get(server.path_of(others)).status == 200);
  CHECK(number(answered(server.api("DELETE", "/v1/users/alice")), "removed") == 0);
  CHECK(server.api("POST", "/v1/images/alice/" + text(image, "id") + "/restore").status == 200);
  CHECK(server.get(server.path_of(image)).body == png(1));

  const json::object purge = answered(server.api("DELETE", "/v1/users/alice?purge=true"));
  CHECK(number(purge, "removed") == 1);
  CHECK(number(purge, "purged") == 2);
  CHECK(purge.at("restorable_until").is_null());
  CHECK(server.image_files() == std::set<std::string>{"bob/" + text(others, "id") + ".png"});
  CHECK(server.api("POST", "/v1/images/alice/" + text(image, "id") + "/restore").status == 404);
  server.uploaded(png(1));  // and may begin anew
}

TEST_CASE("a collection is removed without the rest, by its name as it was given") {
  RunningServer server;
  const auto named = server.uploaded(png(1), "alice", "&collection=Laktose%20%26%20%C3%9Cbelkeit&name=hero");
  const auto plain = server.uploaded(png(2));
  const json::object removal =
      answered(server.api("DELETE", "/v1/users/alice/collections/Laktose%20%26%20%C3%9Cbelkeit"));
  CHECK(number(removal, "removed") == 1);
  CHECK(text(removal, "collection") == "laktose-uebelkeit");
  CHECK(server.get("/v1/images/hosted/alice/laktose-uebelkeit/hero").status == 404);
  CHECK(server.get(server.path_of(named)).status == 404);
  CHECK(server.get(server.path_of(plain)).status == 200);
  CHECK(number(answered(server.api("DELETE", "/v1/users/alice/collections/laktose-uebelkeit?purge=true")), "purged") ==
        1);
  CHECK(server.image_files().size() == 1);
}

TEST_CASE("what is removed with a whole user needs a key, and says what it does not understand") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  check_problem(server.send({.method = "DELETE", .target = "/v1/users/alice"}), 401, "unauthorized");
  check_problem(server.api("DELETE", "/v1/users/alice?purge=yes"), 400, "invalid_request");
  check_problem(server.api("DELETE", "/v1/users/hosted"), 400, "invalid_user_id");
  CHECK(server.get(server.path_of(image)).status == 200);
  CHECK(server.api("GET", "/v1/users/alice").status == 405);
}

}  // namespace
}  // namespace lightfast::test
