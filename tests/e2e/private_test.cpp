// Private images.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

// What a caller can tell two answers apart by.
std::string face_of(HttpResponse response, const std::string& id) {
  std::string face = std::to_string(response.status);
  std::sort(response.headers.begin(), response.headers.end());
  for (const auto& [name, value] : response.headers) {
    if (name != "Date" && name != "X-Request-Id") face += "\n" + name + ": " + value;
  }
  face += "\n" + response.body;
  for (std::size_t at = face.find(id); at != std::string::npos; at = face.find(id)) face.replace(at, id.size(), "ID");
  return face;
}

TEST_CASE("without a key a private image is exactly as missing as one that never was") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1), "alice", "&visibility=private");
  const std::string id = text(image, "id");
  const std::string never = "img_01jd0000000000000000000000";
  for (const char* extension : {".png", "", ".jpg"}) {
    INFO(extension);
    const HttpResponse hidden = server.get("/v1/images/hosted/alice/" + id + extension);
    check_problem(hidden, 404, "not_found");
    CHECK(hidden.header("Cache-Control") == "no-store");
    CHECK(face_of(hidden, id) == face_of(server.get("/v1/images/hosted/alice/" + never + extension), never));
    CHECK(face_of(server.head("/v1/images/hosted/alice/" + id + extension), id) ==
          face_of(server.head("/v1/images/hosted/alice/" + never + extension), never));
  }
  CHECK(server.get("/v1/images/hosted/alice/" + id + ".png", {{"If-None-Match", "*"}}).status == 404);
  CHECK(server.get("/v1/images/hosted/alice/" + id + ".png", {{"Range", "bytes=0-1"}}).status == 404);
}

TEST_CASE("with a key it is served, for that caller's cache alone") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1), "alice", "&visibility=private"));
  const HttpResponse response = server.get(path, with_key);
  CHECK(response.status == 200);
  CHECK(response.body == png(1));
  CHECK(response.header("Cache-Control") == "private, no-cache");
  CHECK_FALSE(response.header("ETag").empty());

  Headers again = with_key;
  again.emplace_back("If-None-Match", response.header("ETag"));
  const HttpResponse fresh = server.get(path, again);
  CHECK(fresh.status == 304);
  CHECK(fresh.header("Cache-Control") == "private, no-cache");

  Headers part = with_key;
  part.emplace_back("Range", "bytes=0-3");
  const HttpResponse range = server.get(path, part);
  CHECK(range.status == 206);
  CHECK(range.header("Cache-Control") == "private, no-cache");
}

TEST_CASE("serving it once with a key opens it to nobody else") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1), "alice", "&visibility=private"));
  CHECK(server.get(path, with_key).status == 200);
  CHECK(server.get(path).status == 404);
  CHECK(server.new_client().get(path).status == 404);
}

TEST_CASE("a public image asked for with a key is still public") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  const HttpResponse response = server.get(path, with_key);
  CHECK(response.status == 200);
  CHECK(response.header("Cache-Control") == "public, max-age=31536000, immutable");
}

}  // namespace
}  // namespace lightfast::test
