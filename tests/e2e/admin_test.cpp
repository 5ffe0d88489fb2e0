// Admin commands beside a running server and without one.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

TEST_CASE("remove and restore take effect in the running server at once") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  const std::string id = text(image, "id");
  CHECK(server.get(path).status == 200);
  for (int round = 0; round < 3; ++round) {
    const CommandResult removed = server.process().run({"remove", id});
    INFO(removed.err);
    REQUIRE(removed.exit_code == 0);
    CHECK(server.get(path).status == 404);
    const CommandResult restored = server.process().run({"restore", id});
    INFO(restored.err);
    REQUIRE(restored.exit_code == 0);
    CHECK(server.get(path).body == png(1));
  }
}

TEST_CASE("what a command changes shows in every next answer of the running server") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "1"}});
  const boost::json::object first = server.uploaded(png(1));
  const boost::json::object second = server.uploaded(png(2));
  const auto check_living = [&](bool first_lives, bool second_lives) {
    CHECK(server.get(server.path_of(first)).status == (first_lives ? 200 : 404));
    CHECK(server.get(server.path_of(second)).status == (second_lives ? 200 : 404));
    const auto list = server.api("GET", "/v1/users/alice/images").json().as_object();
    const std::size_t living = (first_lives ? 1 : 0) + (second_lives ? 1 : 0);
    CHECK(list.at("images").as_array().size() == living);
    const auto usage = server.api("GET", "/v1/users/alice/usage").json().as_object();
    CHECK(number(usage, "images") == static_cast<std::int64_t>(living));
    CHECK(number(usage, "trash_images") == static_cast<std::int64_t>(2 - living));
  };
  check_living(true, true);
  REQUIRE(server.process().run({"remove", text(second, "id")}).exit_code == 0);
  check_living(true, false);
  REQUIRE(server.process().run({"restore", text(second, "id")}).exit_code == 0);
  check_living(true, true);
  REQUIRE(server.process().run({"cleanup"}).exit_code == 0);
  // Both were read within the second in which reads are told apart: either may be the one that goes.
  const bool first_lives = server.get(server.path_of(first)).status == 200;
  check_living(first_lives, !first_lives);
}

TEST_CASE("an image may be named by its URL") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1), "auth0|abc");
  CHECK(server.process().run({"remove", text(image, "url")}).exit_code == 0);
  CHECK(server.get(server.path_of(image)).status == 404);
}

TEST_CASE("the same commands work without a server") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  const std::string id = text(image, "id");
  CHECK(server.process().stop() == 0);

  const CommandResult listed = server.process().run({"list"});
  CHECK(listed.exit_code == 0);
  CHECK(listed.out.find(id) != std::string::npos);
  CHECK(server.process().run({"remove", id}).exit_code == 0);
  CHECK(server.process().run({"list"}).out.find(id) == std::string::npos);
  server.process().start();
  CHECK(server.get(server.path_of(image)).status == 404);

  CHECK(server.process().stop() == 0);
  CHECK(server.process().run({"restore", id}).exit_code == 0);
  server.process().start();
  CHECK(server.get(server.path_of(image)).body == png(1));
}

TEST_CASE("list shows what is there, beside a running server") {
  RunningServer server;
  const std::string alice = text(server.uploaded(png(1), "alice"), "id");
  const std::string bob = text(server.uploaded(png(2), "bob"), "id");
  const CommandResult all = server.process().run({"list"});
  CHECK(all.exit_code == 0);
  CHECK(all.out.find(alice) != std::string::npos);
  CHECK(all.out.find(bob) != std::string::npos);
  const CommandResult only = server.process().run({"list", "--user", "bob"});
  CHECK(only.out.find(alice) == std::string::npos);
  CHECK(only.out.find(bob) != std::string::npos);
}

TEST_CASE("stats counts images and bytes") {
  RunningServer server;
  server.uploaded(png(1, 111, 7));
  const std::string bytes = std::to_string(png(1, 111, 7).size());
  const CommandResult running = server.process().run({"stats"});
  CHECK(running.exit_code == 0);
  INFO(running.out);
  CHECK(running.out.find(bytes) != std::string::npos);
  CHECK(server.process().stop() == 0);
  CHECK(server.process().run({"stats"}).out.find(bytes) != std::string::npos);
}

TEST_CASE("stats tells whose, of what kind, what came and went, and what it costs") {
  RunningServer server(Environment{{"API_KEYS", known_key}, {"IMAGE_PER_USER_LIMIT", "1"}});
  server.uploaded(png(1), "alice", "&provider=replicate");
  server.uploaded(png(2), "bob");
  server.uploaded(one_of_each_kind()[1].bytes, "bob");
  REQUIRE(server.process().run({"cleanup"}).exit_code == 0);  // bob's first goes
  const auto stats = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"stats", "--json"});
    const CommandResult result = server.process().run(arguments);
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    return boost::json::parse(result.out).as_object();
  };
  const boost::json::object found = stats({});
  CHECK(number(found, "images") == 2);
  CHECK(number(found, "users") == 2);
  CHECK(number(found, "trash_images") == 1);
  CHECK(found.at("largest_users").as_array().size() == 2);
  CHECK(found.at("by_provider").as_array().size() == 2);
  CHECK(found.at("by_type").as_array().size() == 2);
  const auto& day = found.at("by_day").at(0);
  CHECK(day.at("added").as_int64() == 3);
  CHECK(day.at("removed").as_int64() == 1);
  const auto& cleanup = found.at("cleanups").at(0);
  CHECK(cleanup.at("trigger").as_string() == "command");
  CHECK(cleanup.at("taken").at("user_limit").at("images").as_int64() == 1);
  const std::int64_t living = number(found, "bytes");
  CHECK(found.at("forecast").at("growing").as_bool());
  CHECK(found.at("forecast").at("bytes_per_day").as_int64() == living);
  CHECK(found.at("forecast").at("measured_days").as_int64() == 1);
  CHECK_FALSE(found.contains("cost"));
  const double stored = static_cast<double>(living + number(found, "trash_bytes"));
  CHECK(stats({"--price-per-gb", "0.15"}).at("cost").at("per_month").as_double() == Approx(stored / 1e9 * 0.15));

  REQUIRE(server.api("DELETE", "/v1/users/bob").status == 200);
  REQUIRE(server.api("DELETE", "/v1/users/alice").status == 200);
  CHECK_FALSE(stats({}).at("forecast").at("growing").as_bool());
  CHECK(server.process().run({"stats"}).out.find("not growing") != std::string::npos);
}

TEST_CASE("stats with arguments that it does not know ends with 2") {
  RunningServer server;
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"stats", "--yaml"},
                                                    {"stats", "all"},
                                                    {"stats", "--price-per-gb", "-1"},
                                                    {"stats", "--price-per-gb", "cheap"},
                                                    {"stats", "--price-per-gb", "nan"}}) {
    INFO(arguments.back());
    CHECK(server.process().run(arguments).exit_code == 2);
  }
}

TEST_CASE("what is not there is a failure that says so") {
  RunningServer server;
  for (const char* command : {"remove", "restore"}) {
    for (const char* image : {"img_01jd0000000000000000000000", "nonsense"}) {
      INFO(command << " " << image);
      const CommandResult result = server.process().run({command, image});
      CHECK(result.exit_code == 1);
      CHECK(result.err.find(image) != std::string::npos);
    }
  }
}

TEST_CASE("admin commands on a folder without a database do not make one") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  for (const char* command : {"list", "stats"}) {
    INFO(command);
    const CommandResult result = process.run({command});
    CHECK((result.exit_code == 1 || result.exit_code == 2));
    CHECK(result.err.find(process.database().string()) != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(process.database()));
}

TEST_CASE("admin commands with a broken configuration end with 2") {
  ServerProcess process(Environment{{"IMAGE_MAX_BYTES", "many"}});
  for (const char* command : {"list", "stats"}) {
    INFO(command);
    const CommandResult result = process.run({command});
    CHECK(result.exit_code == 2);
    CHECK(result.err.find("IMAGE_MAX_BYTES") != std::string::npos);
  }
}

TEST_CASE("a command right after a kill works on the data as it lies") {
  RunningServer server;
  const std::string id = text(server.uploaded(png(1)), "id");
  server.process().kill();  // its socket is still there, nobody behind it
  const CommandResult removed = server.process().run({"remove", id});
  INFO(removed.err);
  CHECK(removed.exit_code == 0);
  server.process().start();
  CHECK(server.get("/v1/images/hosted/alice/" + id + ".png").status == 404);
}

}  // namespace
}  // namespace lightfast::test
