// What was answered 201 stays: on disk as it came, over restarts and kills.
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

TEST_CASE("images lie under their user and id with identical bytes, and nothing else lies there") {
  RunningServer server;
  std::set<std::string> expected;
  std::uint32_t user = 0;
  for (const FixtureImage& kind : one_of_each_kind()) {
    const std::string name = "user" + std::to_string(++user);
    const std::string id = text(server.uploaded(kind.bytes, name), "id");
    const std::string file = name + "/" + id + "." + std::string(kind.extension);
    expected.insert(file);
    CHECK(read_file(server.process().images() / file) == kind.bytes);
  }
  server.upload("no image");
  server.upload(png(9).substr(0, 50));
  CHECK(server.image_files() == expected);
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("after a restart everything is served with the same headers") {
  RunningServer server;
  std::vector<std::pair<std::string, HttpResponse>> before;
  for (const FixtureImage& kind : one_of_each_kind()) {
    const std::string path = server.path_of(server.uploaded(kind.bytes));
    before.emplace_back(path, server.get(path));
  }
  server.process().restart();
  for (const auto& [path, response] : before) {
    INFO(path);
    const HttpResponse after = server.get(path);
    CHECK(after.status == 200);
    CHECK(after.body == response.body);
    for (const char* name : {"ETag", "Last-Modified", "Content-Type", "Content-Disposition"}) {
      CHECK(after.header(name) == response.header(name));
    }
  }
}

// Uploads until the connection dies; what was answered 201 goes into `acknowledged`.
void upload_until_killed(HttpClient client, std::uint32_t first, std::map<std::string, std::uint32_t>& acknowledged) {
  try {
    for (std::uint32_t number_of_image = first;; ++number_of_image) {
      const HttpResponse response = client.send(upload_request(png(number_of_image)));
      if (response.status != 201) return;
      acknowledged[std::string(response.json().at("id").as_string())] = number_of_image;
    }
  } catch (const TransportError&) {
  }
}

std::int64_t stored_images(RunningServer& server) {
  return number(server.api("GET", "/v1/users/alice/usage").json().as_object(), "images");
}

TEST_CASE("after kill -9 in the midst of uploads everything acknowledged is served") {
  RunningServer server;
  std::map<std::string, std::uint32_t> acknowledged;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (std::uint32_t round = 0; round < 5; ++round) {
    std::vector<std::map<std::string, std::uint32_t>> own(3);
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < own.size(); ++i) {
      threads.emplace_back(
          [&, i, round] { upload_until_killed(server.new_client(), round * 300'000 + i * 100'000, own[i]); });
    }
    const std::int64_t enough = stored_images(server) + 10 + round * 7;
    while (stored_images(server) < enough && std::chrono::steady_clock::now() < deadline) {
    }
    server.process().kill();
    for (std::thread& thread : threads) thread.join();
    for (const auto& part : own) acknowledged.insert(part.begin(), part.end());
    server.process().start();
  }
  CHECK(acknowledged.size() > 50);
  for (const auto& [id, number_of_image] : acknowledged) {
    INFO(id);
    const HttpResponse response = server.get("/v1/images/hosted/alice/" + id + ".png");
    CHECK(response.status == 200);
    CHECK(response.body == png(number_of_image));
  }
}

TEST_CASE("what a kill left half done is cleared away at the next start") {
  RunningServer server;
  const boost::json::object image = server.uploaded(png(1));
  HttpClient client = server.new_client();
  client.connect();
  const std::string bytes = to_bytes(upload_request(png(2, 400, 400)));
  client.write(std::string_view(bytes).substr(0, bytes.size() / 2));
  server.get("/healthz");
  server.process().kill();
  server.process().start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!server.leftovers().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(server.leftovers() == std::set<std::string>{});
  CHECK(server.image_files() == std::set<std::string>{"alice/" + text(image, "id") + ".png"});
  CHECK(server.get(server.path_of(image)).status == 200);
}

TEST_CASE("a removal for good that could not unlink its file is finished after the next start") {
  RunningServer server(Environment{{"IMAGE_TRASH_DAYS", "0"}});
  const boost::json::object image = server.uploaded(png(1));
  const std::filesystem::path file = server.process().images() / "alice" / (text(image, "id") + ".png");
  // What is a folder cannot be unlinked.
  std::filesystem::remove(file);
  std::filesystem::create_directories(file / "folder");
  CHECK(server.api("DELETE", "/v1/images/alice/" + text(image, "id")).status == 204);
  std::filesystem::remove_all(file);
  write_file(file, png(1));
  CHECK(server.get(server.path_of(image)).status == 404);
  server.process().restart();
  CHECK(eventually([&] { return server.image_files().empty(); }));
  CHECK(server.get(server.path_of(image)).status == 404);
  CHECK_FALSE(
      std::filesystem::exists(server.process().data() / "lost+found" / ("alice," + text(image, "id") + ".png")));
}

}  // namespace
}  // namespace lightfast::test
