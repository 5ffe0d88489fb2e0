// Ready answers (server/fast) seen from outside: the same bytes as without them, and gone when they must be.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/e2e/running_server.h"
#include "tests/support/eventually.h"
#include "tests/support/malformed_heads.h"
#include "tests/support/raw_http_client.h"

namespace lightfast::test {
namespace {

// Everything that is said to these bytes, but for what may differ from one time to the next.
std::string answers_to(const RunningServer& server, const std::string& bytes) {
  RawHttpClient client(server.port());
  client.send(bytes);
  client.shutdown_send();
  std::string said = client.receive_to_end();
  for (const std::string_view name : {"\r\nDate: ", "\r\nX-Request-Id: req_"}) {
    for (std::size_t at = 0; (at = said.find(name, at)) != std::string::npos;) {
      said.erase(at, said.find("\r\n", at + 2) - at);
    }
  }
  return said;
}

std::vector<std::string> plain_requests(const std::string& path, const std::string& etag, const std::string& modified) {
  std::vector<std::string> requests;
  for (const std::string method : {"GET", "HEAD"}) {
    for (const std::string& fields : std::vector<std::string>{
             "",
             "Connection: close\r\n",
             "Connection: keep-alive\r\nUser-Agent: x\r\nAccept: */*\r\nCookie: a=b\r\n",
             "If-None-Match: " + etag + "\r\n",
             "If-None-Match: " + etag + "\r\nConnection: close\r\n",
             "If-None-Match: \"other\"\r\n",
             "If-None-Match: W/" + etag + "\r\n",
             "If-None-Match: *\r\n",
             "If-None-Match: \"a\", " + etag + "\r\n",
             "If-Modified-Since: " + modified + "\r\n",
             "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
             "If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n",
             "If-None-Match: \"other\"\r\nIf-Modified-Since: " + modified + "\r\n",
             "If-Match: " + etag + "\r\n",
             "If-Match: \"other\"\r\n",
             "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
             "Range: bytes=0-9\r\n",
             "Range: bytes=10-\r\n",
             "Range: bytes=-10\r\n",
             "Range: bytes=0-\r\n",
             "Range: bytes=5-5\r\nConnection: close\r\n",
             "Range: bytes=0-99999999\r\n",
             "Range: bytes=99999999-\r\n",
             "Range: bytes=0-1,5-6\r\n",
             "Range: items=0-9\r\n",
             "Range: bytes=0-9\r\nIf-Range: " + etag + "\r\n",
             "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n",
             "Range: bytes=0-9\r\nIf-Range: " + modified + "\r\n",
             "Range: bytes=0-9\r\nIf-None-Match: " + etag + "\r\n",
             "Authorization: Bearer nonsense\r\n",
             "X-Request-Id: mine\r\n",
             "Content-Length: 0\r\n",
         }) {
      requests.push_back(method + " " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    }
  }
  for (const std::string& line :
       {"GET " + path + "?download=1 HTTP/1.1", "GET " + path + "x HTTP/1.1", "GET http://a" + path + " HTTP/1.1",
        "GET " + path + " HTTP/1.0", "POST " + path + " HTTP/1.1", "OPTIONS " + path + " HTTP/1.1",
        "GET " + path.substr(0, path.rfind('.')) + " HTTP/1.1",
        "GET " + path.substr(0, path.rfind('.')) + ".webp HTTP/1.1"}) {
    requests.push_back(line + "\r\nHost: a\r\n\r\n");
  }
  const std::string& get = requests.front();
  requests.push_back(get + get + requests[3] + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + get);  // pipelined
  return requests;
}

// Foreign heads with the image as their target, and a request behind that must never be seen as one.
std::vector<std::string> malformed_requests(const std::string& path) {
  std::vector<std::string> requests;
  for (const auto& cases : {smuggling_heads(), malformed_heads()}) {
    for (const auto& refused : cases) {
      const auto line_end = refused.head.find("\r\n");
      requests.push_back(refused.head);
      if (line_end == std::string::npos) continue;
      requests.push_back("GET " + path + " HTTP/1.1" + refused.head.substr(line_end) +
                         "5\r\nabcde\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    }
  }
  return requests;
}

TEST_CASE("ready answers are to the byte what the full parser answers, to good requests and bad") {
  RunningServer server;
  const auto small = server.uploaded(png(1));
  const auto large = server.uploaded(png(2, 150, 150));
  std::vector<std::string> requests;
  for (const auto& image : {small, large}) {
    const std::string path = server.path_of(image);
    const HttpResponse first = server.get(path);
    for (auto& request : plain_requests(path, first.header("ETag"), first.header("Last-Modified"))) {
      requests.push_back(std::move(request));
    }
  }
  for (auto& request : malformed_requests(server.path_of(small))) requests.push_back(std::move(request));

  std::vector<std::string> ready;
  for (const auto& request : requests) ready.push_back(answers_to(server, request));
  REQUIRE(server.get("/metrics").body.find("\nlightfast_cache_files 2\n") != std::string::npos);
  server.process().environment()["CACHE_MEMORY_BYTES"] = "0";
  server.process().restart();
  for (std::size_t i = 0; i < requests.size(); ++i) {
    INFO(requests[i].substr(0, 300));
    CHECK(answers_to(server, requests[i]) == ready[i]);
  }
}

// Four connections that ask for every image again and again, and count what is wrong.
class Readers {
 public:
  Readers(const RunningServer& server, std::vector<std::string> paths)
      : paths_(std::move(paths)), removed_(paths_.size()) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, &server] { read(server.new_client()); });
  }
  ~Readers() { stop(); }

  void wait_for_rounds(int count) {
    const int goal = rounds_ + 4 * count;
    REQUIRE(eventually([&] { return rounds_ >= goal; }));
  }
  void set_removed(std::size_t index) { removed_[index] = true; }
  int stop() {
    ends_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    return wrong_;
  }

 private:
  void read(HttpClient client) {
    while (!ends_) {
      for (std::size_t i = 0; i < paths_.size(); ++i) {
        const bool was_removed = removed_[i];
        const HttpResponse response = client.get(paths_[i]);
        const bool is_whole = response.status == 200 && response.body == png(static_cast<std::uint32_t>(i));
        const bool right = was_removed ? response.status == 404 : is_whole || response.status == 404;
        if (!right) ++wrong_;
      }
      ++rounds_;
    }
  }

  const std::vector<std::string> paths_;
  std::vector<std::atomic<bool>> removed_;
  std::atomic<bool> ends_ = false;
  std::atomic<int> rounds_ = 0;
  std::atomic<int> wrong_ = 0;
  std::vector<std::thread> threads_;
};

TEST_CASE("after a removal is answered no request gets the image, however hot it is") {
  RunningServer server(Environment{{"IMAGE_TRASH_DAYS", GENERATE("7", "0")}});
  std::vector<std::string> paths, api_paths, ids;
  for (std::uint32_t i = 0; i < 24; ++i) {
    const auto image = server.uploaded(png(i), i < 20 ? "alice" : "bob");
    paths.push_back(server.path_of(image));
    api_paths.push_back("/v1/images/alice/" + text(image, "id"));
    ids.push_back(text(image, "id"));
  }
  Readers readers(server, paths);
  readers.wait_for_rounds(2);
  const auto removed = [&](std::size_t index) {
    readers.set_removed(index);
    CHECK(server.get(paths[index]).status == 404);
  };
  for (std::size_t i = 0; i < 16; ++i) {
    CHECK(server.api("DELETE", api_paths[i]).status == 204);
    removed(i);
  }
  CHECK(server.process().run({"remove", ids[16], ids[17]}).exit_code == 0);
  removed(16);
  removed(17);
  CHECK(server.api("DELETE", "/v1/users/bob").status / 100 == 2);
  for (std::size_t i = 20; i < 24; ++i) removed(i);
  readers.wait_for_rounds(1);
  CHECK(readers.stop() == 0);
  CHECK(server.get(paths[18]).status == 200);
}

TEST_CASE("a restored image is served again, and can be removed again") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  const std::string api_path = "/v1/images/alice/" + text(image, "id");
  for (int i = 0; i < 10; ++i) {
    CHECK(server.get(path).status == 200);
    CHECK(server.get(path).status == 200);
    REQUIRE(server.api("DELETE", api_path).status == 204);
    REQUIRE(server.get(path).status == 404);
    REQUIRE(server.api("POST", api_path + "/restore").status == 200);
  }
}

TEST_CASE("what a cleanup takes is gone for every core when it is reported") {
  RunningServer server(Environment{{"IMAGE_PER_USER_LIMIT", "5"}});
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 15; ++i) paths.push_back(server.path_of(server.uploaded(png(i))));
  Readers readers(server, paths);
  readers.wait_for_rounds(2);
  CHECK(server.process().run({"cleanup"}).exit_code == 0);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(server.new_client());
  for (auto& client : clients) {
    int alive = 0;
    for (const auto& path : paths) alive += client.get(path).status == 200 ? 1 : 0;
    CHECK(alive == 5);
  }
  CHECK(readers.stop() == 0);
}

TEST_CASE("a large image that changes on disk is not served from its open file") {
  RunningServer server;
  const auto image = server.uploaded(png(1, 300, 300));
  const std::string path = server.path_of(image);
  const auto file = server.process().images() / "alice" / (text(image, "id") + ".png");
  REQUIRE(read_file(file).size() > 100'000);
  for (int i = 0; i < 3; ++i) CHECK(server.get(path).status == 200);
  SECTION("removed by hand") {
    std::filesystem::remove(file);
  }
  SECTION("overwritten") {
    write_file(file, png(2, 300, 300));
  }
  SECTION("cut short") {
    std::filesystem::resize_file(file, 50'000);
  }
  check_problem(server.get(path), 503, "damaged");
  CHECK(server.get(path, {{"Range", "bytes=0-9"}}).status == 503);
  CHECK(server.head(path).status == 503);
}

TEST_CASE("a file that was touched is proven anew and then ready again") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  const auto file = server.process().images() / "alice" / (text(image, "id") + ".png");
  for (int i = 0; i < 3; ++i) {
    CHECK(server.get(path).body == png(1));
    write_file(file, png(1));
  }
  CHECK(server.get(path).body == png(1));
}

TEST_CASE("an answer that is ready counts as an access within a second or so") {
  RunningServer server;
  const auto image = server.uploaded(png(1));
  const std::string path = server.path_of(image);
  for (int i = 0; i < 7; ++i) CHECK(server.get(path).status == 200);
  CHECK(server.head(path).status == 200);
  const std::string facts = "/v1/images/alice/" + text(image, "id");
  CHECK(eventually([&] { return number(server.api("GET", facts).json().as_object(), "access_count") == 7; }));
  const auto usage = server.api("GET", "/v1/users/alice/usage").json().as_object();
  CHECK(number(usage, "served_bytes") == 7 * number(image, "size_bytes"));
}

TEST_CASE("a cleanup knows the accesses that came just before it") {
  RunningServer server(Environment{{"IMAGE_PER_USER_LIMIT", "2"}});
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 3; ++i) paths.push_back(server.path_of(server.uploaded(png(i))));
  for (int i = 0; i < 3; ++i) CHECK(server.get(paths[0]).status == 200);  // the oldest, but the last one read
  CHECK(server.process().run({"cleanup"}).exit_code == 0);
  CHECK(server.get(paths[0]).status == 200);
  CHECK(server.get(paths[1]).status == 404);
}

TEST_CASE("a private image is nobody's ready answer") {
  RunningServer server;
  const std::string path = server.path_of(server.uploaded(png(1), "alice", "&visibility=private"));
  for (int i = 0; i < 3; ++i) {
    CHECK(server.get(path, with_key).status == 200);
    CHECK(server.get(path).status == 404);
  }
}

TEST_CASE("at level debug every read is logged") {
  RunningServer server(Environment{{"LOG_LEVEL", "debug"}});
  const std::string path = server.path_of(server.uploaded(png(1)));
  for (int i = 0; i < 3; ++i) CHECK(server.get(path).status == 200);
  CHECK(server.process().stop() == 0);
  const std::string log = server.process().log();
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = log.find(path, at)) != std::string::npos; ++at) ++lines;
  CHECK(lines == 3);
}

TEST_CASE("a tiny cache serves everything too") {
  RunningServer server(Environment{{"CACHE_MEMORY_BYTES", "10000"}, {"CACHE_BODY_MAX_BYTES", "0"}});
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 12; ++i) paths.push_back(server.path_of(server.uploaded(png(i))));
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i < paths.size(); ++i) CHECK(server.get(paths[i]).body == png(i));
  }
}

}  // namespace
}  // namespace lightfast::test
