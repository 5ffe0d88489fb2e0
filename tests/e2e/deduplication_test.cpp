// The same bytes twice.
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

std::string id_of(const HttpResponse& response) {
  INFO(response.body);
  REQUIRE(response.status / 100 == 2);
  return text(response.json().as_object(), "id");
}

TEST_CASE("the same bytes again for the same user are the existing image, 200, and no second file") {
  RunningServer server;
  const HttpResponse first = server.upload(png(1));
  const HttpResponse second = server.upload(png(1));
  CHECK(first.status == 201);
  CHECK(second.status == 200);
  CHECK(id_of(first) == id_of(second));
  CHECK(text(first.json().as_object(), "url") == text(second.json().as_object(), "url"));
  CHECK(server.image_files().size() == 1);
  CHECK(server.leftovers() == std::set<std::string>{});
}

TEST_CASE("another user's image is never handed out for the same bytes") {
  RunningServer server;
  const HttpResponse first = server.upload(png(1), "alice");
  const HttpResponse second = server.upload(png(1), "Alice");
  CHECK(second.status == 201);
  CHECK(id_of(first) != id_of(second));
  CHECK(text(second.json().as_object(), "user_id") == "Alice");
  CHECK(server.image_files().size() == 2);
}

TEST_CASE("a private image and a public one of the same bytes are two") {
  RunningServer server;
  const HttpResponse first = server.upload(png(1));
  const HttpResponse second = server.upload(png(1), "alice", "&visibility=private");
  CHECK(second.status == 201);
  CHECK(id_of(first) != id_of(second));
  CHECK(server.upload(png(1), "alice", "&visibility=private").status == 200);
}

TEST_CASE("a removed image does not count as there") {
  RunningServer server;
  const std::string first = id_of(server.upload(png(1)));
  REQUIRE(server.api("DELETE", "/v1/images/alice/" + first).status == 204);
  const HttpResponse second = server.upload(png(1));
  CHECK(second.status == 201);
  CHECK(id_of(second) != first);
}

TEST_CASE("after a restart the same bytes are still known") {
  RunningServer server;
  const std::string first = id_of(server.upload(png(1)));
  server.process().restart();
  const HttpResponse second = server.upload(png(1));
  CHECK(second.status == 200);
  CHECK(id_of(second) == first);
}

TEST_CASE("of many uploads of the same bytes at once exactly one is stored") {
  RunningServer server;
  constexpr int callers = 8;
  std::vector<HttpResponse> responses(callers);
  std::vector<std::thread> threads;
  for (HttpResponse& response : responses) {
    threads.emplace_back([&server, &response] {
      HttpClient client = server.new_client();
      response = client.send(upload_request(png(1, 64, 64)));
    });
  }
  for (std::thread& thread : threads) thread.join();

  int created = 0;
  std::set<std::string> ids;
  for (const HttpResponse& response : responses) {
    ids.insert(id_of(response));
    if (response.status == 201) ++created;
  }
  CHECK(created == 1);
  CHECK(ids.size() == 1);
  CHECK(server.image_files().size() == 1);
  CHECK(server.leftovers() == std::set<std::string>{});
}

}  // namespace
}  // namespace lightfast::test
