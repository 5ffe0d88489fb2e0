// Start, readiness, health.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

TEST_CASE("a fresh server is healthy and ready, and says so without a key") {
  RunningServer server;
  CHECK(server.get("/healthz").status == 200);
  const HttpResponse ready = server.get("/readyz");
  CHECK(ready.status == 200);
  CHECK(ready.header("Content-Type").starts_with("application/json"));
  const boost::json::object body = ready.json().as_object();
  CHECK(text(body, "status") == "ready");
  CHECK(text(body, "writes") == "accepted");
}

TEST_CASE("health and readiness answer HEAD too") {
  RunningServer server;
  for (const char* path : {"/healthz", "/readyz"}) {
    INFO(path);
    const HttpResponse response = server.head(path);
    CHECK(response.status == 200);
    CHECK(response.body.empty());
  }
}

TEST_CASE("with no key anywhere the first start makes one and says where it lies") {
  ServerProcess process;
  process.start();
  const auto key_file = process.data() / "api-key";
  REQUIRE(std::filesystem::exists(key_file));
  CHECK(mode_of(key_file) == 0600);
  const std::string content = read_file(key_file);
  REQUIRE(content.size() > 20);
  CHECK(content.find('\n') == content.size() - 1);
  const std::string key = content.substr(0, content.size() - 1);

  HttpClient client(process.port());
  HttpRequest request = upload_request(png(1));
  CHECK(client.send(request).status == 401);
  request.headers.front().second = "Bearer " + key;
  CHECK(client.send(request).status == 201);

  CHECK(process.log().find("api-key") != std::string::npos);
  CHECK(process.log().find(key) == std::string::npos);
}

TEST_CASE("the generated key stays the same over restarts") {
  ServerProcess process;
  process.start();
  const std::string key = read_file(process.data() / "api-key");
  process.restart();
  CHECK(read_file(process.data() / "api-key") == key);
  HttpClient client(process.port());
  HttpRequest request = upload_request(png(1));
  request.headers.front().second = "Bearer " + key.substr(0, key.size() - 1);
  CHECK(client.send(request).status == 201);
}

TEST_CASE("with API_KEYS set no key is made") {
  RunningServer server;
  CHECK_FALSE(std::filesystem::exists(server.process().data() / "api-key"));
}

TEST_CASE("a second process on the same data refuses to start and says why") {
  RunningServer server;
  const CommandResult second = server.process().run({"serve"}, {{"PORT", std::to_string(choose_free_port())}});
  CHECK(second.exit_code == 1);
  INFO(second.err);
  CHECK(second.err.find(server.process().data().string()) != std::string::npos);
  CHECK(second.err.find("another") != std::string::npos);
  CHECK(server.get("/readyz").status == 200);
}

TEST_CASE("a port already taken stops the start with its number") {
  RunningServer first;
  ServerProcess second(Environment{{"PORT", std::to_string(first.process().port())}});
  const CommandResult result = second.run({"serve"});
  CHECK(result.exit_code == 1);
  INFO(result.err);
  CHECK(result.err.find(std::to_string(first.process().port())) != std::string::npos);
}

TEST_CASE("a start with images but without their database is refused, and nothing is touched") {
  RunningServer server;
  server.uploaded(png(1));
  CHECK(server.process().stop() == 0);
  const auto files = server.image_files();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(server.process().database().string() + suffix);
  }
  const CommandResult result = server.process().run({"serve"});
  INFO(result.err);
  CHECK(result.exit_code == 1);
  CHECK(result.err.find("lightfast.db") != std::string::npos);
  CHECK(server.image_files() == files);
}

TEST_CASE("a start with a database whose images' folder is gone is refused") {
  RunningServer server;
  server.uploaded(png(1));
  CHECK(server.process().stop() == 0);
  std::filesystem::rename(server.process().images(), server.process().working_folder() / "elsewhere");
  const CommandResult result = server.process().run({"serve"});
  INFO(result.err);
  CHECK(result.exit_code == 1);
  CHECK(result.err.find(server.process().images().string()) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(server.process().images() / "alice"));
}

TEST_CASE("where free disk is short new images are refused, old ones served, and readyz gives the reason") {
  ServerProcess process(Environment{{"API_KEYS", known_key}});
  process.start();
  HttpClient client(process.port());
  const boost::json::object image = client.send(upload_request(png(1))).json().as_object();
  CHECK(process.stop() == 0);
  process.environment()["IMAGE_MIN_FREE_BYTES"] = "1000000000000000000";
  process.start();

  check_problem(client.send(upload_request(png(2))), 507, "storage_full");
  CHECK(client.get(text(image, "url").substr(process.base_url().size())).status == 200);
  const HttpResponse ready = client.get("/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("ready") != std::string::npos);
  CHECK(client.get("/healthz").status == 200);
}

}  // namespace
}  // namespace lightfast::test
