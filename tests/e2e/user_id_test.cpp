// Names of users: what is allowed, and how they look in URLs and on disk.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

TEST_CASE("odd but allowed user ids are encoded in URLs that work, and stand as they are on disk") {
  RunningServer server;
  const std::vector<std::pair<std::string, std::string>> users = {
      {"auth0|abc", "auth0%7Cabc"},
      {"_abc", "_abc"},
      {"a+b", "a%2Bb"},
      {"me@example.org", "me%40example.org"},
      {"urn:user:1", "urn%3Auser%3A1"},
      {"x=y", "x%3Dy"},
      {"a~b-c.d", "a~b-c.d"},
      {"UPPER", "UPPER"},
      {"+", "%2B"},
      {"~", "~"},
      {"0", "0"},
      {"a..b", "a..b"},
  };
  std::uint32_t number_of_image = 0;
  for (const auto& [user, encoded] : users) {
    INFO(user);
    const std::string bytes = png(++number_of_image);
    const boost::json::object image = server.uploaded(bytes, user);
    const std::string id = text(image, "id");
    CHECK(text(image, "user_id") == user);
    const std::string path = server.path_of(image);
    CHECK(path == "/v1/images/hosted/" + encoded + "/" + id + ".png");
    CHECK(server.get(path).body == bytes);
    CHECK(read_file(server.process().images() / user / (id + ".png")) == bytes);
    CHECK(server.api("GET", "/v1/images/" + encoded + "/" + id).status == 200);
    CHECK(server.api("GET", "/v1/users/" + encoded + "/usage").status == 200);
  }
}

TEST_CASE("in a path a plus is a plus, and encoding what needs none changes nothing") {
  RunningServer server;
  const std::string id = text(server.uploaded(png(1), "a+b"), "id");
  CHECK(server.get("/v1/images/hosted/a+b/" + id + ".png").status == 200);
  CHECK(server.get("/v1/images/hosted/%61%2bb/" + id + ".png").status == 200);
  CHECK(server.get("/v1/images/hosted/a+b/%69" + id.substr(1) + "%2Epng").status == 200);
  CHECK(server.get("/v1/images/hosted/a%20b/" + id + ".png").status == 404);
  CHECK(server.get("/v1/images/hosted/a%252Bb/" + id + ".png").status == 404);
}

TEST_CASE("a user id of 128 characters works, and its URL stays under 1,000 characters") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1), "u" + std::string(127, '|'));
  CHECK(text(image, "url").size() < 1000);
  CHECK(server.get(server.path_of(image)).status == 200);
}

TEST_CASE("case matters in user ids") {
  RunningServer server;
  const std::string id = text(server.uploaded(png(1), "Bob"), "id");
  CHECK(server.get("/v1/images/hosted/Bob/" + id + ".png").status == 200);
  CHECK(server.get("/v1/images/hosted/bob/" + id + ".png").status == 404);
}

TEST_CASE("another user's id does not open an image") {
  RunningServer server;
  const std::string id = text(server.uploaded(png(1), "alice"), "id");
  server.uploaded(png(2), "bob");
  check_problem(server.get("/v1/images/hosted/bob/" + id + ".png"), 404, "not_found");
  check_problem(server.api("GET", "/v1/images/bob/" + id), 404, "not_found");
  check_problem(server.api("DELETE", "/v1/images/bob/" + id), 404, "not_found");
  CHECK(server.get("/v1/images/hosted/alice/" + id + ".png").status == 200);
}

TEST_CASE("what is no user id is 400 and nothing is kept") {
  RunningServer server;
  const std::vector<std::string> wrong = {
      "-a",
      ".a",
      "..",
      ".",
      "a b",
      "a/b",
      "a\\b",
      "\xC3\xA4",
      "a\nb",
      "a%b",
      "hosted",
      "upload",
      "sign",
      "a?b",
      "a#b",
      "generate",
      std::string(129, 'a'),
      "import",
      "a\"b",
      "a<b",
      "a*b",
      "a;b",
      "a,b",
      "a&b",
      "../etc",
      "a\x7F",
      "\xFF\xFE",
      "a(b)",
      "a'b",
      "$a",
      "a^b",
      "a`b",
      "{a}",
      "a\tb",
  };
  for (const std::string& user : wrong) {
    INFO(user);
    check_problem(server.upload(png(1), user), 400, "invalid_user_id");
  }
  const HttpResponse with_nul = server.send(
      {"POST", "/v1/images/upload?user_id=a%00b", {with_key.front(), {"Content-Type", "image/png"}}, png(1)});
  CHECK(with_nul.status == 400);
  CHECK(server.image_files() == std::set<std::string>{});
  CHECK(server.leftovers() == std::set<std::string>{});
}

}  // namespace
}  // namespace lightfast::test
