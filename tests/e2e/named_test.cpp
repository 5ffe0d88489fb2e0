// Named images: user/collection/name, a row of versions of which one is current.
#include <catch2/catch.hpp>

#include "base/encoding.h"
#include "tests/e2e/generating_server.h"

namespace lightfast::test {
namespace {

namespace json = boost::json;

json::value named(const std::string& collection, const std::string& name) {
  return {{"prompt", "x"}, {"user_id", "alice"}, {"collection", collection}, {"name", name}};
}

TEST_CASE("named: each generation is a new version, and the name leads to the newest") {
  GeneratingServer it;
  std::vector<json::object> versions;
  for (int i = 1; i <= 3; ++i) {
    versions.push_back(it.generated(named("Laktose & Übelkeit", "hero.png")));
    const json::object& image = versions.back();
    CHECK(number(image, "version") == i);
    CHECK(text(image, "collection") == "laktose-uebelkeit");
    CHECK(text(image, "name") == "hero");
    CHECK(text(image, "named_url") ==
          it.server.process().base_url() + "/v1/images/hosted/alice/laktose-uebelkeit/hero");
  }
  const std::string path = "/v1/images/hosted/alice/laktose-uebelkeit/hero";
  const HttpResponse current = it.server.get(path);
  CHECK(current.body == png(3));
  CHECK(current.header("Cache-Control") == "public, no-cache");
  CHECK(it.server.get(path, {{"If-None-Match", current.header("ETag")}}).status == 304);
  CHECK(it.server.get(path, {{"Range", "bytes=0-3"}, {"If-Range", current.header("ETag")}}).status == 206);
  const HttpResponse second = it.server.get(path + "?version=2");
  CHECK(second.body == png(2));
  CHECK(second.header("Cache-Control") == "public, max-age=31536000, immutable");
  for (const char* wrong : {"?version=4", "?version=0", "?version=x", "?version=-1"}) {
    CHECK(it.server.get(path + wrong).status == 404);
  }
  // The ids stay what they were.
  CHECK(it.server.get(it.server.path_of(versions[0])).body == png(1));

  // The current one removed: 404, never silently an older one; its number is not used again.
  CHECK(it.server.api("DELETE", "/v1/images/alice/" + text(versions[2], "id")).status == 204);
  check_problem(it.server.get(path), 404, "not_found");
  CHECK(it.server.get(path + "?version=1").body == png(1));
  CHECK(number(it.generated(named("laktose-uebelkeit", "HERO")), "version") == 4);
  CHECK(it.server.get(path).body == png(4));
}

TEST_CASE("named: names of many languages are plain words in URLs, however they are asked for") {
  GeneratingServer it;
  struct Name {
    const char* given;
    const char* slug;  // "" where it is a hash of its own
  };
  const std::vector<Name> names = {
      {"Größe & Maß", "groesse-mass"},
      {"Crème brûlée à l'été", "creme-brulee-a-l-ete"},
      {"Zażółć gęślą", "zazolc-gesla"},
      {"Işık Ağacı", "isik-agaci"},
      {"Phở Việt", "pho-viet"},
      {"supporting/Ab12", "supporting/ab12"},
      {"platform/x_ab12", "platform/x_ab12"},
      {"日本の画像", ""},
      {"图像", ""},
      {"!!!", ""},
  };
  std::set<std::string> slugs;
  for (const Name& name : names) {
    INFO(name.given);
    const json::object image = it.generated(named("Über", name.given));
    const std::string slug = text(image, "name");
    if (*name.slug) CHECK(slug == name.slug);
    CHECK(slugs.insert(slug).second);
    const std::string url = text(image, "named_url");
    CHECK(url.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.~/:%ABCDEF") == std::string::npos);
    const std::string bytes = it.server.get(it.server.path_of(image)).body;
    CHECK(it.server.get(path_of_url(url)).body == bytes);
    // As the caller writes it, too.
    std::string asked = "/v1/images/hosted/alice/" + percent_encode("Über") + "/";
    const std::string given = name.given;
    const auto slash = given.find('/');
    asked += slash == std::string::npos ? percent_encode(given)
                                        : given.substr(0, slash) + "/" + percent_encode(given.substr(slash + 1));
    CHECK(it.server.get(asked).body == bytes);
  }
}

TEST_CASE("named: a name belongs to its user, and a version to its visibility") {
  GeneratingServer it;
  it.generated(named("c", "n"));
  CHECK(it.server.get("/v1/images/hosted/bob/c/n").status == 404);
  json::value secret = named("c", "n");
  secret.as_object()["visibility"] = "private";
  const json::object image = it.generated(secret);
  CHECK(number(image, "version") == 2);
  CHECK(it.server.get("/v1/images/hosted/alice/c/n").status == 404);
  CHECK(it.server.get("/v1/images/hosted/alice/c/n", with_key).body == png(2));
  CHECK(it.server.get("/v1/images/hosted/alice/c/n?version=1").body == png(1));
}

TEST_CASE("named: versions are numbered without a gap or a double, however many come at once") {
  GeneratingServer it;
  json::array items;
  for (int i = 0; i < 20; ++i) items.push_back(named("c", "n"));
  const HttpResponse response = it.generate(json::value{{"items", items}});
  REQUIRE(response.status == 202);
  std::set<std::int64_t> versions;
  const json::value jobs = response.json();
  for (const json::value& job : jobs.at("jobs").as_array()) {
    versions.insert(number(it.ended_job(text(job.as_object(), "job_id")).at("image").as_object(), "version"));
  }
  CHECK(versions.size() == 20);
  CHECK(*versions.begin() == 1);
  CHECK(*versions.rbegin() == 20);
}

}  // namespace
}  // namespace lightfast::test
