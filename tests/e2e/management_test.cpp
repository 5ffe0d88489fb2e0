// Metadata, removal and restoring, usage.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

using namespace std::chrono_literals;

std::string api_path(const boost::json::object& image) {
  return "/v1/images/" + text(image, "user_id") + "/" + text(image, "id");
}

TEST_CASE("metadata is what the upload answered, and what has happened since") {
  RunningServer server;
  boost::json::object image = server.uploaded(png(1));
  const HttpResponse response = server.api("GET", api_path(image));
  REQUIRE(response.status == 200);
  CHECK(response.header("Content-Type").starts_with("application/json"));
  boost::json::object metadata = response.json().as_object();
  for (const char* member : {"id", "user_id", "hosted", "url", "content_type", "size_bytes", "width", "height",
                             "sha256", "visibility", "pinned", "hosted_at", "expires_at", "metadata"}) {
    INFO(member);
    REQUIRE(metadata.contains(member));
    CHECK(metadata.at(member) == image.at(member));
  }
  CHECK(metadata.contains("accessed_at"));
  CHECK(number(metadata, "access_count") == 0);
  CHECK(metadata.contains("deleted_at"));
  CHECK(metadata.at("deleted_at").is_null());
}

TEST_CASE("an access counts within a second or so, and is kept over a restart") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  for (int i = 0; i < 3; ++i) CHECK(server.get(server.path_of(image)).status == 200);
  const auto metadata = [&] { return server.api("GET", api_path(image)).json().as_object(); };
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (number(metadata(), "access_count") < 3 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(20ms);
  }
  CHECK(number(metadata(), "access_count") == 3);
  CHECK(is_whole_second_utc(text(metadata(), "accessed_at")));
  server.process().restart();
  CHECK(number(metadata(), "access_count") == 3);
}

TEST_CASE("an access that was written is not lost in a crash") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  const auto count = [&] { return number(server.api("GET", api_path(image)).json().as_object(), "access_count"); };
  CHECK(server.get(server.path_of(image)).status == 200);
  CHECK(eventually([&] { return count() == 1; }));
  server.process().kill();
  server.process().start();
  CHECK(count() == 1);
}

TEST_CASE("a range and a 304 count as reading an image, a HEAD and a refusal do not") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  const std::string etag = server.get(path).header("ETag");
  CHECK(server.get(path, {{"Range", "bytes=0-9"}}).status == 206);
  CHECK(server.get(path, {{"If-None-Match", etag}}).status == 304);
  CHECK(server.head(path).status == 200);
  CHECK(server.get(path, {{"Range", "bytes=999999-"}}).status == 416);
  CHECK(server.get(path, {{"If-Match", "\"other\""}}).status == 412);
  CHECK(server.get(path + "x").status == 404);
  server.process().restart();  // writes what is known
  const auto metadata = server.api("GET", api_path(image)).json().as_object();
  CHECK(number(metadata, "access_count") == 3);
  const auto usage = server.api("GET", "/v1/users/alice/usage").json().as_object();
  CHECK(number(usage, "served_bytes") == static_cast<std::int64_t>(png(1).size()) + 10);
}

TEST_CASE("metadata of what is not there is 404") {
  RunningServer server;
  for (const char* path :
       {"/v1/images/alice/img_01jd0000000000000000000000", "/v1/images/alice/img_1", "/v1/images/alice/nonsense"}) {
    INFO(path);
    check_problem(server.api("GET", path), 404, "not_found");
    check_problem(server.api("DELETE", path), 404, "not_found");
    check_problem(server.api("POST", std::string(path) + "/restore"), 404, "not_found");
  }
}

TEST_CASE("a removed image is gone from its URL at once, and back at once when restored") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  CHECK(server.get(path).status == 200);  // from now on it may lie in a cache
  for (int round = 0; round < 3; ++round) {
    const HttpResponse removal = server.api("DELETE", api_path(image));
    CHECK(removal.status == 204);
    CHECK(removal.body.empty());
    const HttpResponse gone = server.get(path);
    check_problem(gone, 404, "not_found");
    CHECK(gone.header("Cache-Control") == "no-store");
    CHECK(server.get(path, with_key).status == 404);
    CHECK(server.head(path).status == 404);
    CHECK(server.new_client().get(path).status == 404);

    const HttpResponse restored = server.api("POST", api_path(image) + "/restore");
    REQUIRE(restored.status == 200);
    CHECK(text(restored.json().as_object(), "id") == text(image, "id"));
    CHECK(server.get(path).body == png(1));
  }
}

TEST_CASE("a removed image stays removed over a restart, and can be restored after it") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  REQUIRE(server.api("DELETE", api_path(image)).status == 204);
  server.process().restart();
  CHECK(server.get(server.path_of(image)).status == 404);
  CHECK(server.api("POST", api_path(image) + "/restore").status == 200);
  CHECK(server.get(server.path_of(image)).body == png(1));
}

TEST_CASE("trash stays in place, with IMAGE_TRASH_DAYS=0 the file goes with the image") {
  RunningServer keeping;
  const boost::json::object kept = keeping.uploaded(png(1));
  REQUIRE(keeping.api("DELETE", api_path(kept)).status == 204);
  CHECK(keeping.image_files() == std::set<std::string>{"alice/" + text(kept, "id") + ".png"});

  RunningServer dropping(Environment{{"IMAGE_TRASH_DAYS", "0"}});
  const boost::json::object dropped = dropping.uploaded(png(1));
  REQUIRE(dropping.api("DELETE", api_path(dropped)).status == 204);
  CHECK(dropping.image_files().empty());
  CHECK(dropping.leftovers() == std::set<std::string>{});
  check_problem(dropping.api("POST", api_path(dropped) + "/restore"), 404, "not_found");
}

TEST_CASE("usage counts live images and their bytes, user by user") {
  RunningServer server;
  const auto usage = [&](const std::string& user) {
    const HttpResponse response = server.api("GET", "/v1/users/" + user + "/usage");
    REQUIRE(response.status == 200);
    return response.json().as_object();
  };
  CHECK(number(usage("alice"), "images") == 0);
  CHECK(number(usage("alice"), "bytes") == 0);
  const boost::json::object first = server.uploaded(png(1));
  server.uploaded(png(2, 20, 20));
  server.uploaded(png(3), "bob");
  server.upload(png(1));  // the same again
  const auto bytes = static_cast<std::int64_t>(png(1).size() + png(2, 20, 20).size());
  CHECK(number(usage("alice"), "images") == 2);
  CHECK(number(usage("alice"), "bytes") == bytes);
  CHECK(number(usage("bob"), "images") == 1);
  for (const char* member : {"limit_images", "limit_bytes", "served_bytes", "by_day"}) {
    INFO(member);
    CHECK(usage("alice").contains(member));
  }
  CHECK(usage("alice").at("by_day").is_array());

  REQUIRE(server.api("DELETE", api_path(first)).status == 204);
  CHECK(number(usage("alice"), "images") == 1);
  REQUIRE(server.api("POST", api_path(first) + "/restore").status == 200);
  CHECK(number(usage("alice"), "images") == 2);
}

}  // namespace
}  // namespace lightfast::test
