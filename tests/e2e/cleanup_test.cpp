// `lightfast cleanup` beside a running server and without one.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

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
