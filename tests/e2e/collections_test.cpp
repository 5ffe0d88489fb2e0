// Named images from above: a user's collections, their names, a name's versions, and going back to an older one.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

const std::string collections_path = "/v1/users/alice/collections";

class NamingServer {
 public:
  // A new version of alice's articles/`name`.
  json::object add(std::uint32_t seed, const std::string& name, const std::string& collection = "articles") {
    return server.uploaded(png(seed), "alice", "&collection=" + collection + "&name=" + name);
  }
  json::object look(const std::string& rest) {
    const HttpResponse response = server.api("GET", collections_path + rest);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return response.json().as_object();
  }
  HttpResponse roll_back(const std::string& name, std::int64_t version) {
    return server.api("POST", collections_path + "/articles/" + name + "/current",
                      json::serialize(json::object{{"version", version}}));
  }
  std::string bytes_of(const std::string& name) { return server.get("/v1/images/hosted/alice/articles/" + name).body; }

  RunningServer server;
};

std::vector<std::string> texts(const json::object& object, std::string_view list, std::string_view member) {
  std::vector<std::string> found;
  for (const auto& entry : object.at(list).as_array()) found.push_back(text(entry.as_object(), member));
  return found;
}

std::vector<std::int64_t> versions_of(const json::object& page) {
  std::vector<std::int64_t> found;
  for (const auto& entry : page.at("versions").as_array()) found.push_back(number(entry.as_object(), "version"));
  return found;
}

using Texts = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

TEST_CASE("collections are told with what they hold, names with their current image") {
  NamingServer it;
  CHECK(it.look("").at("collections").as_array().empty());
  it.server.uploaded(png(1));
  it.add(2, "hero");
  const std::string second = text(it.add(3, "hero"), "id");
  it.add(4, "supporting/ab12");
  it.add(5, "scene-1", "my-film");

  const json::object all = it.look("");
  CHECK(texts(all, "collections", "collection") == Texts{"articles", "my-film"});
  CHECK(all.at("next_cursor").is_null());
  const json::object& articles = all.at("collections").as_array().at(0).as_object();
  CHECK(number(articles, "name_count") == 2);
  CHECK(number(articles, "image_count") == 3);
  CHECK(is_whole_second_utc(text(articles, "changed_at")));

  const json::object names = it.look("/articles");
  CHECK(text(names, "collection") == "articles");
  CHECK(texts(names, "names", "name") == Texts{"hero", "supporting/ab12"});
  const json::object& listed = names.at("names").as_array().at(0).as_object();
  CHECK(number(listed, "version_count") == 2);
  CHECK(text(listed.at("current").as_object(), "id") == second);

  const json::object hero = it.look("/articles/hero");
  CHECK(text(hero, "collection") == "articles");
  CHECK(text(hero, "name") == "hero");
  CHECK(number(hero, "version_count") == 2);
  CHECK(text(hero.at("current").as_object(), "id") == second);
}

TEST_CASE("the current version is chosen by hand: the named URL follows at once") {
  NamingServer it;
  it.add(1, "hero");
  const std::string path = "/v1/images/hosted/alice/articles/hero";
  const std::string old_tag = it.server.get(path).header("ETag");
  it.add(2, "hero");
  const std::string new_tag = it.server.get(path).header("ETag");
  CHECK(it.bytes_of("hero") == png(2));

  const HttpResponse back = it.roll_back("hero", 1);
  INFO(back.body);
  REQUIRE(back.status == 200);
  const json::object image = back.json().as_object();
  CHECK(number(image, "version") == 1);
  CHECK(image.at("is_current").as_bool());
  const HttpResponse old = it.server.get(path, {{"If-None-Match", new_tag}});
  CHECK(old.status == 200);
  CHECK(old.body == png(1));
  CHECK(old.header("ETag") == old_tag);
  CHECK(it.server.get(path, {{"If-None-Match", old_tag}}).status == 304);
  CHECK(it.server.get(path + "?version=2").body == png(2));
  CHECK(number(it.look("/articles/hero").at("current").as_object(), "version") == 1);

  CHECK(it.roll_back("hero", 1).status == 200);  // again: as it is
  CHECK(number(it.add(3, "hero"), "version") == 3);
  CHECK(it.bytes_of("hero") == png(3));
  CHECK(it.roll_back("hero", 2).status == 200);
  CHECK(it.bytes_of("hero") == png(2));
}

TEST_CASE("a version that never was or was removed cannot be made current") {
  NamingServer it;
  const std::string first = text(it.add(1, "hero"), "id");
  it.add(2, "hero");
  check_problem(it.roll_back("hero", 3), 404, "not_found");
  check_problem(it.roll_back("footer", 1), 404, "not_found");
  REQUIRE(it.server.api("DELETE", "/v1/images/alice/" + first).status == 204);
  check_problem(it.roll_back("hero", 1), 404, "not_found");
  CHECK(it.bytes_of("hero") == png(2));
  REQUIRE(it.server.api("POST", "/v1/images/alice/" + first + "/restore").status == 200);
  CHECK(it.roll_back("hero", 1).status == 200);
  CHECK(it.bytes_of("hero") == png(1));
}

TEST_CASE("the version to go back to is a whole number: anything else is 400 naming it") {
  NamingServer it;
  it.add(1, "hero");
  const std::string path = collections_path + "/articles/hero/current";
  for (const char* body : {R"({"version":"1"})", R"({"version":0})", R"({"version":-1})", R"({"version":1.5})",
                           R"({"version":99999999999})", R"({"version":[1]})", R"({"version":null})", "{}"}) {
    INFO(body);
    const HttpResponse response = it.server.api("POST", path, body);
    check_problem(response, 400, "invalid_request");
    CHECK(text(response.json().as_object(), "detail").find("`version`") != std::string::npos);
  }
  check_problem(it.server.api("POST", path, "1"), 400, "invalid_request");
  check_problem(it.server.api("POST", path), 400, "invalid_request");
  check_problem(it.server.api("GET", path), 405, "method_not_allowed");
}

TEST_CASE("versions are listed newest first with what each was") {
  NamingServer it;
  std::vector<std::string> ids;
  for (std::uint32_t i = 1; i <= 4; ++i) ids.push_back(text(it.add(i, "hero"), "id"));
  REQUIRE(it.server.api("DELETE", "/v1/images/alice/" + ids[1]).status == 204);
  REQUIRE(it.roll_back("hero", 3).status == 200);

  const json::object page = it.look("/articles/hero/versions");
  CHECK(versions_of(page) == Numbers{4, 3, 1});
  CHECK(page.at("next_cursor").is_null());
  CHECK_FALSE(page.at("versions").at(0).at("is_current").as_bool());
  CHECK(page.at("versions").at(1).at("is_current").as_bool());
  CHECK(it.server.get(it.server.path_of(page.at("versions").at(2).as_object())).body == png(1));

  const json::object first = it.look("/articles/hero/versions?limit=2");
  CHECK(versions_of(first) == Numbers{4, 3});
  const json::object last = it.look("/articles/hero/versions?limit=2&cursor=" + text(first, "next_cursor"));
  CHECK(versions_of(last) == Numbers{1});
  CHECK(last.at("next_cursor").is_null());
  CHECK(it.look("/articles/hero/versions?limit=3").at("next_cursor").is_null());
}

TEST_CASE("where the current version was removed its name is told without one") {
  NamingServer it;
  it.add(1, "hero");
  const std::string second = text(it.add(2, "hero"), "id");
  REQUIRE(it.server.api("DELETE", "/v1/images/alice/" + second).status == 204);
  const json::object hero = it.look("/articles/hero");
  CHECK(hero.at("current").is_null());
  CHECK(number(hero, "version_count") == 1);
  CHECK(it.roll_back("hero", 1).status == 200);
  CHECK(it.bytes_of("hero") == png(1));
}

TEST_CASE("names with a slash and names called versions or current have all of it too") {
  NamingServer it;
  std::uint32_t seed = 0;
  for (const char* name : {"supporting/ab12", "versions", "current"}) {
    INFO(name);
    const std::string path = std::string("/articles/") + name;
    it.add(++seed, name);
    it.add(++seed, name);
    CHECK(text(it.look(path), "name") == name);
    CHECK(versions_of(it.look(path + "/versions")) == Numbers{2, 1});
    CHECK(it.roll_back(name, 1).status == 200);
    CHECK(it.bytes_of(name) == png(seed - 1));
  }
  // Where the second half of a name is one of those words, its slash is written %2F.
  for (const std::string word : {"versions", "current"}) {
    INFO(word);
    it.add(++seed, "versions/" + word);
    it.add(++seed, "versions/" + word);
    CHECK(text(it.look("/articles/versions%2F" + word), "name") == "versions/" + word);
    CHECK(versions_of(it.look("/articles/versions%2F" + word + "/versions")) == Numbers{2, 1});
    CHECK(it.roll_back("versions%2F" + word, 1).status == 200);
    CHECK(it.bytes_of("versions/" + word) == png(seed - 1));
    CHECK(it.bytes_of("versions%2F" + word) == png(seed - 1));
  }
  CHECK(versions_of(it.look("/articles/versions/versions")) == Numbers{2, 1});  // of the name `versions`
}

TEST_CASE("collections and names are asked for as they were given, too") {
  NamingServer it;
  it.add(1, "H%C3%A9ro.png", "Laktose%20%26%20%C3%9Cbelkeit");
  CHECK(text(it.look("/Laktose%20%26%20%C3%9Cbelkeit"), "collection") == "laktose-uebelkeit");
  CHECK(text(it.look("/laktose-uebelkeit/H%C3%A9ro.png"), "name") == "hero");
  CHECK(versions_of(it.look("/Laktose%20%26%20%C3%9Cbelkeit/hero/versions")) == Numbers{1});
}

TEST_CASE("lists of collections and names come page by page") {
  NamingServer it;
  std::uint32_t seed = 0;
  for (const char* name : {"c", "a", "b/x"}) it.add(++seed, name);
  for (const char* collection : {"z", "y"}) it.add(++seed, "hero", collection);
  for (const auto& [path, list, member] :
       {std::tuple{"", "collections", "collection"}, {"/articles", "names", "name"}}) {
    INFO(path);
    const json::object first = it.look(std::string(path) + "?limit=2");
    Texts seen = texts(first, list, member);
    CHECK(seen.size() == 2);
    const std::string next = text(first, "next_cursor");
    const json::object last = it.look(std::string(path) + "?limit=2&cursor=" + next);
    for (const auto& entry : texts(last, list, member)) seen.push_back(entry);
    CHECK(last.at("next_cursor").is_null());
    CHECK(seen == texts(it.look(path), list, member));
    CHECK(seen.size() == 3);
  }
  for (const char* query : {"?limit=0", "?limit=1001", "?limit=x"}) {
    check_problem(it.server.api("GET", collections_path + query), 400, "invalid_request");
    check_problem(it.server.api("GET", collections_path + "/articles/c/versions" + query), 400, "invalid_request");
  }
  check_problem(it.server.api("GET", collections_path + "/articles/c/versions?cursor=x"), 400, "invalid_request");
}

TEST_CASE("what does not exist is 404 and nobody else's is shown") {
  NamingServer it;
  const std::string id = text(it.add(1, "hero"), "id");
  for (const char* rest : {"/none", "/none/hero", "/articles/none", "/none/hero/versions", "/articles/a/b",
                           "/articles/a/b/versions", "/articles/hero/a/b"}) {
    INFO(rest);
    check_problem(it.server.api("GET", collections_path + rest), 404, "not_found");
  }
  check_problem(it.server.api("GET", "/v1/users/bob/collections/articles"), 404, "not_found");
  check_problem(it.server.get(collections_path), 401, "unauthorized");
  check_problem(it.server.get(collections_path + "/articles/hero/versions"), 401, "unauthorized");
  REQUIRE(it.server.api("DELETE", "/v1/images/alice/" + id).status == 204);
  check_problem(it.server.api("GET", collections_path + "/articles"), 404, "not_found");
  check_problem(it.server.api("GET", collections_path + "/articles/hero/versions"), 404, "not_found");
  CHECK(it.look("").at("collections").as_array().empty());
}

}  // namespace
}  // namespace lightfast::test
