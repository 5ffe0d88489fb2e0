// SIGTERM: stop accepting, finish what runs, exit 0.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"

namespace lightfast::test {
namespace {

using namespace std::chrono_literals;

bool accepts(int port) {
  try {
    HttpClient client(port);
    client.connect();
    return true;
  } catch (const TransportError&) {
    return false;
  }
}

void wait_until_it_accepts_no_more(int port) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (accepts(port) && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
  REQUIRE_FALSE(accepts(port));
}

TEST_CASE("SIGTERM lets a running upload finish, answers it, and exits 0") {
  RunningServer server;
  const std::string image = png(1, 300, 300);
  const std::string bytes = to_bytes(upload_request(image));
  HttpClient client = server.new_client();
  client.connect();
  client.write(std::string_view(bytes).substr(0, bytes.size() / 2));
  REQUIRE(eventually([&] { return !server.leftovers().empty(); }));  // it has begun: its spool is there

  server.process().terminate();
  wait_until_it_accepts_no_more(server.process().port());
  client.write(std::string_view(bytes).substr(bytes.size() / 2));
  const HttpResponse response = client.read_response();
  INFO(response.body);
  REQUIRE(response.status == 201);
  CHECK(server.process().wait() == 0);

  server.process().start();
  CHECK((server.get(server.path_of(response.json().as_object())).body == image));
}

TEST_CASE("idle connections do not hold up the end") {
  RunningServer server;
  HttpClient idle = server.new_client();
  CHECK(idle.get("/healthz").status == 200);
  HttpClient silent = server.new_client();
  silent.connect();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(server.process().stop() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 8s);
  CHECK(idle.closed_by_server());
}

TEST_CASE("an upload that never ends is given up after the grace time, with exit 0 and nothing left", "[slow]") {
  RunningServer server;
  const std::string bytes = to_bytes(upload_request(png(1, 300, 300)));
  HttpClient client = server.new_client();
  client.connect();
  client.write(std::string_view(bytes).substr(0, bytes.size() / 2));
  CHECK(server.get("/healthz").status == 200);
  CHECK(server.process().stop() == 0);
  CHECK(server.image_files() == std::set<std::string>{});
}

TEST_CASE("a second SIGTERM does no harm") {
  RunningServer server;
  server.process().terminate();
  server.process().terminate();
  CHECK(server.process().wait() == 0);
}

}  // namespace
}  // namespace lightfast::test
