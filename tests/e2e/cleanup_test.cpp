// `lightfast cleanup` beside a running server and without one.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

json::object report_of(const CommandResult& result) {
  INFO(result.err);
  INFO(result.out);
  REQUIRE(result.exit_code == 0);
  return json::parse(result.out).as_object();
}

TEST_CASE("a cleanup takes what is over a user's limit, beside a server and without one") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "2"}});
  const json::object oldest = server.uploaded(png(1));
  for (std::uint32_t i = 2; i <= 4; ++i) server.uploaded(png(i));
  server.uploaded(png(5), "bob");

  const json::object dry = report_of(server.process().run({"cleanup", "--dry-run", "--json"}));
  CHECK(dry.at("dry_run").as_bool());
  REQUIRE(dry.at("images").as_array().size() == 2);
  const json::object first = dry.at("images").at(0).as_object();
  CHECK(text(first, "id") == text(oldest, "id"));
  CHECK(text(first, "user_id") == "alice");
  CHECK(text(first, "reason") == "user_limit");
  CHECK(number(first, "bytes") == static_cast<std::int64_t>(png(1).size()));
  CHECK(server.process().run({"list"}).out.find(text(oldest, "id")) != std::string::npos);

  const json::object real = report_of(server.process().run({"cleanup", "--json"}));
  CHECK(real.at("images") == dry.at("images"));
  CHECK(server.get(server.path_of(oldest)).status == 404);
  CHECK(server.process().run({"restore", text(oldest, "id")}).exit_code == 0);

  CHECK(server.process().stop() == 0);
  const json::object alone = report_of(server.process().run({"cleanup", "--json"}));
  CHECK(number(alone.at("total").as_object(), "images") == 1);
}

TEST_CASE("a cleanup can look ahead to a time to come") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_MAX_AGE_DAYS", "90"}});
  server.uploaded(png(1));
  const auto taken = [&](const std::string& time) {
    return number(report_of(server.process().run({"cleanup", "--dry-run", "--json", "--as-of", time}))
                      .at("sums")
                      .at("ttl")
                      .as_object(),
                  "images");
  };
  CHECK(taken("2020-01-01T00:00:00Z") == 0);
  CHECK(taken("2060-01-01T00:00:00Z") == 1);
  CHECK(server.process().run({"cleanup", "--as-of", "2060-01-01T00:00:00Z"}).exit_code == 2);
  CHECK(server.process().run({"cleanup", "--dry-run", "--as-of", "tomorrow"}).exit_code == 2);
}

TEST_CASE("with no days of trash a removed image's file is gone at once") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_TRASH_DAYS", "0"}});
  const json::object image = server.uploaded(png(1));
  CHECK(server.api("DELETE", "/v1/images/alice/" + text(image, "id")).status == 204);
  CHECK(server.image_files().empty());
  CHECK(report_of(server.process().run({"cleanup", "--json"})).at("images").as_array().empty());
}

TEST_CASE("the admin call answers what the command prints, dry or not") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "1"}});
  for (std::uint32_t i = 1; i <= 3; ++i) server.uploaded(png(i));
  server.uploaded(png(4), "bob", "&collection=articles&name=hero");
  server.uploaded(png(5), "bob", "&collection=articles&name=hero");
  const auto call = [&](const std::string& query) {
    const HttpResponse response = server.api("POST", "/v1/admin/cleanup" + query);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return response.json().as_object();
  };
  const auto without_times = [](json::object report) {
    report.erase("started_at");
    report.erase("finished_at");
    return report;
  };
  const json::object dry = call("?dry_run=true");
  CHECK(without_times(dry) == without_times(report_of(server.process().run({"cleanup", "--dry-run", "--json"}))));
  CHECK(dry.at("images").as_array().size() == 3);
  CHECK(call("?dry_run=1&user=bob&collection=articles").at("images").as_array().size() == 1);
  CHECK(call("?dry_run=true&as_of=2060-01-01T00:00:00Z").contains("as_of"));
  CHECK(call("?dry_run=true&older_than=0&user=alice").at("images").as_array().size() == 2);

  CHECK(call("").at("images") == dry.at("images"));
  CHECK(call("").at("images").as_array().empty());
}

TEST_CASE("a caller who goes away stops neither a cleanup nor a removal") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "1"}});
  const auto image = server.uploaded(png(1));
  server.uploaded(png(2));
  const auto others = server.uploaded(png(3), "bob");
  const auto ask_and_leave = [&](const std::string& line) {
    RawHttpClient(server.process().port())
        .send(line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + known_key + "\r\n\r\n");
  };
  ask_and_leave("POST /v1/admin/cleanup");
  // Reading it instead would make the other one the least recently accessed.
  const auto is_removed = [&] {
    const auto facts = server.api("GET", "/v1/images/alice/" + text(image, "id")).json().as_object();
    return !is_null_or_absent(facts, "deleted_at");
  };
  CHECK(eventually(is_removed));
  CHECK(server.get(server.path_of(image)).status == 404);
  ask_and_leave("DELETE /v1/users/bob?purge=true");
  CHECK(eventually([&] { return server.image_files().size() == 2; }));
  CHECK(server.get(server.path_of(others)).status == 404);
}

TEST_CASE("the admin call needs a key, and names what it does not understand") {
  RunningServer server;
  check_problem(server.send({.method = "POST", .target = "/v1/admin/cleanup"}), 401, "unauthorized");
  for (const auto& [query, named] : {std::pair{"dry_run=yes", "dry_run"},
                                     {"older_than=week", "older_than"},
                                     {"older_than=-1", "older_than"},
                                     {"older_than=99999", "older_than"},
                                     {"dry_run=true&as_of=tomorrow", "as_of"},
                                     {"as_of=2060-01-01T00:00:00Z", "as_of"}}) {
    INFO(query);
    const HttpResponse response = server.api("POST", std::string("/v1/admin/cleanup?") + query);
    check_problem(response, 400, "invalid_request");
    CHECK(response.body.find(named) != std::string::npos);
  }
  check_problem(server.api("POST", "/v1/admin/cleanup?user=.x"), 400, "invalid_user_id");
  CHECK(server.api("GET", "/v1/admin/cleanup").status == 405);
}

TEST_CASE("without --json a cleanup prints sums") {
  RunningServer server;
  const CommandResult result = server.process().run({"cleanup"});
  CHECK(result.exit_code == 0);
  for (const char* word : {"trash", "ttl", "version", "user_limit", "space", "total"}) {
    CHECK(result.out.find(word) != std::string::npos);
  }
}

}  // namespace
}  // namespace lightfast::test
