#include "base/http_stream.h"

#include <catch2/catch.hpp>

#include "tests/support/loopback_server.h"
#include "tests/support/run_task.h"

namespace lightfast {
namespace {

using test::answer;
using test::LoopbackServer;
using test::run_task;
using test::ServedAnswer;
using test::ServedRequest;

HttpCall get(std::string url) {
  HttpCall call;
  call.url = std::move(url);
  return call;
}

std::string chunk(const std::string& text) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", text.size());
  return size + text + "\r\n";
}

// What the reader saw: the status, the pieces as they came, and how it ended.
struct Seen {
  int status = 0;
  std::string body;
  std::vector<std::string> pieces;
  std::string problem;
};

Task<Seen> read(HttpClient& client, HttpCall call) {
  Seen seen;
  auto stream = co_await HttpStream::open(client, std::move(call));
  if (!stream) {
    seen.problem = stream.error().error.detail;
    co_return seen;
  }
  seen.status = stream->status();
  for (;;) {
    auto piece = co_await stream->next();
    if (!piece) seen.problem = piece.error().detail;
    if (!piece || piece->empty()) co_return seen;
    seen.body += *piece;
    seen.pieces.push_back(std::move(*piece));
  }
}

TEST_CASE("an answer is read while it still comes") {
  LoopbackServer server([](const ServedRequest&) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    return ServedAnswer{.bytes = head + chunk("first") + chunk("second") + "0\r\n\r\n",
                        .drip_bytes = head.size() + 10,
                        .drip_pause = std::chrono::milliseconds(50)};
  });
  HttpClient client({});
  const Seen seen = run_task(read(client, get(server.url("/"))));
  CHECK(seen.status == 200);
  CHECK(seen.pieces == std::vector<std::string>{"first", "second"});
  CHECK(seen.problem.empty());
}

TEST_CASE("a long answer is held back for its reader and arrives whole") {
  std::string bytes(20 << 20, '\0');
  for (std::size_t i = 0; i < bytes.size(); i += 100) bytes[i] = static_cast<char>(i / 100);
  LoopbackServer server([&](const ServedRequest&) { return answer(200, bytes); });
  HttpClient client({});
  HttpCall call = get(server.url("/"));
  call.max_body_bytes = 1 << 30;
  const Seen seen = run_task(read(client, std::move(call)));
  CHECK(seen.body == bytes);
  CHECK(seen.problem.empty());
  for (const auto& piece : seen.pieces) CHECK(piece.size() < (2 << 20));
}

TEST_CASE("an error's body is read like any other") {
  LoopbackServer server([](const ServedRequest&) { return answer(429, "slow down", "Retry-After: 3\r\n"); });
  HttpClient client({});
  const Seen seen = run_task(read(client, get(server.url("/"))));
  CHECK(seen.status == 429);
  CHECK(seen.body == "slow down");
}

TEST_CASE("an answer that breaks off in its midst is told so after what came") {
  LoopbackServer server([](const ServedRequest&) {
    return ServedAnswer{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                        .then = ServedAnswer::Then::close};
  });
  HttpClient client({});
  const Seen seen = run_task(read(client, get(server.url("/"))));
  CHECK(seen.status == 200);
  CHECK(seen.body == "half");
  CHECK_FALSE(seen.problem.empty());
}

TEST_CASE("a server that never begins its answer is given up on by its own time") {
  LoopbackServer server([&](const ServedRequest&) {
    server.hold();
    return answer(200, "");
  });
  HttpClient client({});
  HttpCall call = get(server.url("/"));
  call.head_timeout = std::chrono::milliseconds(1);
  const Seen seen = run_task(read(client, std::move(call)));
  CHECK(seen.status == 0);
  CHECK(seen.problem == "127.0.0.1 did not answer in time");
}

TEST_CASE("a stream that nobody reads on frees its connection") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, std::string(8 << 20, 'x')); });
  HttpClient client({.max_connections = 1});
  for (int i = 0; i < 3; ++i) {
    HttpCall call = get(server.url("/"));
    call.max_body_bytes = 1 << 30;
    auto open = [&]() -> Task<int> {
      auto stream = co_await HttpStream::open(client, std::move(call));
      co_return stream->status();
    };
    CHECK(run_task(open()) == 200);
  }
}

TEST_CASE("a body goes out with every method and the method stays as it is") {
  std::vector<std::string> seen;
  LoopbackServer server([&](const ServedRequest& request) {
    seen.push_back(request.method + " " + request.body);
    return answer(200, "");
  });
  HttpClient client({});
  for (const char* method : {"QUERY", "PATCH", "DELETE", "GET", "POST"}) {
    HttpCall call = get(server.url("/"));
    call.method = method;
    call.body = "words";
    REQUIRE(run_task(client.fetch(std::move(call))).has_value());
  }
  CHECK(seen == std::vector<std::string>{"QUERY words", "PATCH words", "DELETE words", "GET words", "POST words"});
}

}  // namespace
}  // namespace lightfast
