// Paths that try to get at something else than an image.
#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

// {U}: the user, {I}: an existing image's id, {F}: its file name.
const std::vector<std::string> hostile_paths = {
    // traversal, plain
    "/v1/images/hosted/../../../etc/passwd",
    "/v1/images/hosted/{U}/../../api-key",
    "/v1/images/hosted/{U}/../lightfast.db",
    "/v1/images/hosted/../lightfast.db",
    "/v1/images/hosted/{U}/../{U}/{F}",
    "/v1/images/hosted/./{U}/{F}",
    "/v1/images/hosted/{U}/./{F}",
    "/v1/images/hosted/{U}/..",
    "/v1/images/hosted/../hosted/{U}/{F}",
    "/../../../../etc/passwd",
    "/..",
    "/.",
    // traversal, encoded once
    "/v1/images/hosted/{U}/%2e%2e%2f%2e%2e%2fapi-key",
    "/v1/images/hosted/{U}/..%2f..%2fapi-key",
    "/v1/images/hosted/%2e%2e/%2e%2e/api-key",
    "/v1/images/hosted/%2e%2e/lightfast.db",
    "/v1/images/hosted/{U}/%2e%2e/lightfast.db",
    "/v1/images/hosted/{U}%2f{F}",
    "/v1/images/hosted/{U}/%2f{F}",
    "/v1/images/hosted/%2fetc%2fpasswd/x",
    "/v1/images/hosted/{U}/.%2e/{F}",
    "/v1/images/hosted/..%2f{U}/{F}",
    // traversal, encoded twice and oddly
    "/v1/images/hosted/{U}/%252e%252e%252fapi-key",
    "/v1/images/hosted/%252e%252e/lightfast.db",
    "/v1/images/hosted/{U}/%25{F}",
    "/v1/images/hosted/{U}/%u002e%u002e/api-key",
    "/v1/images/hosted/{U}/..%c0%af..%c0%afapi-key",
    "/v1/images/hosted/{U}/%c0%ae%c0%ae/api-key",
    "/v1/images/hosted/{U}/%e0%80%ae%e0%80%ae/api-key",
    "/v1/images/hosted/{U}/%ef%bc%8e%ef%bc%8e/api-key",
    "/v1/images/hosted/{U}/..%5c..%5capi-key",
    "/v1/images/hosted/{U}/..\\..\\api-key",
    "/v1/images/hosted/..\\{U}\\{F}",
    "/v1/images/hosted/{U}/..;/api-key",
    "/v1/images/hosted/{U}/;/../{F}",
    "/v1/images/hosted/{U};x=y/{F}",
    "/v1/images/hosted/{U}/{F};x=y",
    // NUL and other control bytes
    "/v1/images/hosted/{U}/{F}%00",
    "/v1/images/hosted/{U}/{F}%00.png",
    "/v1/images/hosted/{U}%00/{F}",
    "/v1/images/hosted/%00{U}/{F}",
    "/v1/images/hosted/{U}/{I}%00.png",
    "/v1/images/hosted/{U}/{F}%0a",
    "/v1/images/hosted/{U}/{F}%0d%0aX-Evil:%201",
    "/v1/images/hosted/{U}/{F}%20",
    "/v1/images/hosted/{U}/%20{F}",
    "/v1/images/hosted/{U}/{F}%09",
    "/v1/images/hosted/{U}/{F}%7f",
    // slashes too many or too few
    "//v1/images/hosted/{U}/{F}",
    "/v1//images/hosted/{U}/{F}",
    "/v1/images/hosted//{U}/{F}",
    "/v1/images/hosted/{U}//{F}",
    "/v1/images/hosted/{U}/{F}/",
    "/v1/images/hosted/{U}/{F}//",
    "/v1/images/hosted/{U}/{F}/x/y/z",
    "/v1/images/hosted/{U}/",
    "/v1/images/hosted/{U}",
    "/v1/images/hosted/",
    "/v1/images/hosted",
    "/v1/images/hosted//",
    "/v1/images/hosted///",
    // broken escapes
    "/v1/images/hosted/{U}/{I}%",
    "/v1/images/hosted/{U}/{I}%2",
    "/v1/images/hosted/{U}/{I}%zz",
    "/v1/images/hosted/{U}/{I}%2.png",
    "/v1/images/hosted/%/{F}",
    "/v1/images/hosted/{U}/%ff%fe",
    // other files of the house, other spellings
    "/v1/images/hosted/.temporary/{F}",
    "/v1/images/hosted/.quarantine/{F}",
    "/v1/images/hosted/lightfast.db/x",
    "/v1/images/hosted/api-key/x",
    "/api-key",
    "/data/api-key",
    "/lightfast.db",
    "/images/{U}/{F}",
    "/.env",
    "/V1/IMAGES/HOSTED/{U}/{F}",
    "/v1/images/Hosted/{U}/{F}",
    "/v1/images/hosted/~root/{F}",
    "/v1/images/hosted/*/{F}",
    "/v1/images/hosted/{U}/*",
    "/v1/images/hosted/{U}/*.png",
    "/v1/images/hosted/{U}/{I}.*",
    "/v1/images/hosted/{U}/'%20OR%20'1'='1",
    "/v1/images/hosted/{U}/{I}'--",
    "/v1/images/hosted/{U}'%20OR%201=1--/{F}",
    "/v1/images/hosted/{U}/file:%2f%2f%2fetc%2fpasswd",
};

std::string filled(std::string path, const std::string& id) {
  for (const auto& [hole, value] :
       {std::pair<std::string, std::string>{"{U}", "alice"}, {"{I}", id}, {"{F}", id + ".png"}}) {
    for (std::size_t at = path.find(hole); at != std::string::npos; at = path.find(hole)) {
      path.replace(at, hole.size(), value);
    }
  }
  return path;
}

void check_nothing_leaks(const HttpResponse& response, const std::string& secret, const std::string& folder) {
  CHECK((response.status == 404 || response.status == 400));
  CHECK(response.body.find("SQLite format") == std::string::npos);
  CHECK(response.body.find("root:") == std::string::npos);
  CHECK(response.body.find("\x89PNG") == std::string::npos);
  CHECK(response.body.find(secret) == std::string::npos);
  CHECK(response.body.find(folder) == std::string::npos);
  CHECK(response.count("X-Evil") == 0);
  CHECK(response.header("Content-Type").starts_with("application/problem+json"));
}

TEST_CASE("hostile paths are 404 or 400 and leak nothing") {
  ServerProcess process;  // with a generated key in the data folder, as a prize
  process.start();
  const std::string key = read_file(process.data() / "api-key").substr(0, 16);
  HttpClient client(process.port());
  HttpRequest upload = upload_request(png(1));
  upload.headers.front().second = "Bearer " + read_file(process.data() / "api-key");
  std::erase(upload.headers.front().second, '\n');
  const HttpResponse uploaded = client.send(upload);
  REQUIRE(uploaded.status == 201);
  const std::string id = text(uploaded.json().as_object(), "id");

  REQUIRE(hostile_paths.size() >= 60);
  for (const std::string& pattern : hostile_paths) {
    const std::string path = filled(pattern, id);
    INFO(path);
    check_nothing_leaks(client.get(path), key, process.data().string());
  }
  CHECK(client.get("/v1/images/hosted/alice/" + id + ".png").status == 200);
}

TEST_CASE("raw control bytes and blanks in a path are refused") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  for (const std::string& target : {path + '\0', path + " x", path + "\x01", path + "\t", path + "\x7f", "x" + path,
                                    std::string("*"), std::string()}) {
    INFO(target);
    const HttpResponse response = server.get(target);
    CHECK((response.status == 400 || response.status == 404));
  }
  CHECK(server.get(path).status == 200);
}

TEST_CASE("an overlong path is refused, and the server goes on") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1)));
  CHECK(server.get("/v1/images/hosted/" + std::string(1000, 'a') + "/" + std::string(1000, 'b')).status == 404);
  CHECK(server.get(path + std::string(300, 'x')).status == 404);
  check_problem(server.get("/v1/images/hosted/" + std::string(10'000, 'a')), 414, "uri_too_long");
  CHECK(server.get(path).status == 200);
}

TEST_CASE("the same paths on the API are refused as well, even with a key") {
  RunningServer server;
  const std::string id = text(server.uploaded(png(1)), "id");
  const std::vector<std::string> paths = {
      "/v1/images/alice/%2e%2e",
      "/v1/images/..%2falice/" + id,
      "/v1/images/alice/" + id + "%00",
      "/v1/images/alice/" + id + "/",
      "/v1/images//alice/" + id,
      "/v1/images/alice%2f" + id,
      "/v1/users/../images",
      "/v1/users/%2e%2e/images",
      "/v1/users/.hidden/usage",
      "/v1/users//usage",
  };
  for (const std::string& path : paths) {
    INFO(path);
    const HttpResponse response = server.api("GET", path);
    CHECK((response.status == 404 || response.status == 400));
    const HttpResponse removal = server.api("DELETE", path);
    CHECK((removal.status == 404 || removal.status == 400 || removal.status == 405));
  }
  CHECK(server.api("GET", "/v1/images/alice/" + id).status == 200);
}

}  // namespace
}  // namespace lightfast::test
