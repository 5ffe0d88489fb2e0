// Files that rot or vanish under the server: never wrong bytes.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

struct Damaged {
  RunningServer server;
  std::string bytes = png(1, 50, 50);
  boost::json::object image = server.uploaded(bytes);
  std::string path = server.path_of(image);
  std::filesystem::path file = server.process().images() / "alice" / (text(image, "id") + ".png");

  // In place: the size stays.
  void flip_byte() {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(200);
    stream.put(static_cast<char>(bytes[200] ^ 1));
    REQUIRE(stream.flush());
  }
};

TEST_CASE("a flipped byte under a running server is 503 damaged") {
  Damaged damaged;
  CHECK(damaged.server.get(damaged.path).status == 200);
  damaged.flip_byte();
  for (int i = 0; i < 3; ++i) {
    const HttpResponse response = damaged.server.get(damaged.path);
    check_problem(response, 503, "damaged");
    CHECK(response.header("Cache-Control") == "no-store");
  }
  CHECK(damaged.server.head(damaged.path).status == 503);
  CHECK(damaged.server.get(damaged.path, {{"Range", "bytes=0-9"}}).status == 503);
}

TEST_CASE("a flipped byte while the server was down is 503 damaged") {
  Damaged damaged;
  CHECK(damaged.server.process().stop() == 0);
  damaged.flip_byte();
  damaged.server.process().start();
  check_problem(damaged.server.get(damaged.path), 503, "damaged");
  damaged.server.process().restart();
  check_problem(damaged.server.get(damaged.path), 503, "damaged");
}

TEST_CASE("a file cut short is never served as if it were whole") {
  Damaged damaged;
  std::filesystem::resize_file(damaged.file, damaged.bytes.size() - 10);
  check_problem(damaged.server.get(damaged.path), 503, "damaged");
}

TEST_CASE("a file replaced by another image is never served") {
  Damaged damaged;
  write_file(damaged.file, png(2, 50, 50));
  check_problem(damaged.server.get(damaged.path), 503, "damaged");
}

TEST_CASE("a file touched but unchanged is served on") {
  Damaged damaged;
  write_file(damaged.file, damaged.bytes);
  const HttpResponse response = damaged.server.get(damaged.path);
  CHECK(response.status == 200);
  CHECK(response.body == damaged.bytes);
}

TEST_CASE("a file that is gone, or no file, is an error and no hang") {
  Damaged damaged;
  std::filesystem::remove(damaged.file);
  const HttpResponse missing = damaged.server.get(damaged.path);
  CHECK((missing.status == 503 || missing.status == 404));

  std::filesystem::create_symlink("/etc/hostname", damaged.file);
  const HttpResponse link = damaged.server.get(damaged.path);
  CHECK((link.status == 503 || link.status == 404));
  CHECK(link.header("Content-Type").starts_with("application/problem+json"));
  CHECK(damaged.server.get("/healthz").status == 200);
}

TEST_CASE("the damage of one image does not touch another") {
  Damaged damaged;
  const std::string other = damaged.server.path_of(damaged.server.uploaded(png(2)));
  damaged.flip_byte();
  CHECK(damaged.server.get(damaged.path).status == 503);
  CHECK(damaged.server.get(other).status == 200);
}

}  // namespace
}  // namespace lightfast::test
