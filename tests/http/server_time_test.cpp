// The deadlines of the server, on a clock that the test turns, and its stopping.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <future>

#include "server/http/server.h"
#include "tests/http/test_server.h"
#include "tests/support/raw_http_client.h"

using namespace lightfast;
using Catch::Contains;
using test::count_answers;
using test::first_status;
using test::RawHttpClient;
using test::TestServer;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

bool has_something(const RawHttpClient& client) {
  char byte = 0;
  return ::recv(client.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

std::function<bool()> something_came(const RawHttpClient& client) {
  return [&client] { return has_something(client); };
}

void receive_hello(RawHttpClient& client) {
  client.send(kGet);
  REQUIRE_THAT(client.receive_until("hello"), Contains("200 OK"));
}

// stop() on a thread of its own. Whatever a test throws, the gate opens in the end, and so stop() returns.
class Stopping {
 public:
  Stopping(TestServer& server, std::chrono::seconds grace)
      : gate_(server.gate()),
        result_(std::async(std::launch::async, [&server, grace] { return server.server().stop(grace); })) {}
  ~Stopping() { gate_.open(); }

  bool finish() { return result_.get(); }

 private:
  test::Gate& gate_;
  std::future<bool> result_;
};

}  // namespace

TEST_CASE("a header that does not come in time is 408, however it trickles") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /hello HTTP/1.1\r\n");
  const auto trickle = [&] {
    client.send("X: y\r\n");
    return has_something(client);
  };
  CHECK(server.advance_until(trickle, 30));
  const auto answer = client.receive_to_end();
  CHECK(first_status(answer) == 408);
  CHECK(count_answers(answer) == 1);
}

TEST_CASE("a connection that never says anything is closed without a word") {
  TestServer server;
  RawHttpClient client(server.port());
  CHECK(server.advance_until(something_came(client), 30));
  CHECK(client.receive_to_end().empty());
}

TEST_CASE("a connection may idle longer between requests than within one") {
  TestServer server;
  RawHttpClient client(server.port());
  receive_hello(client);
  CHECK_FALSE(server.advance_until(something_came(client), 50));
  receive_hello(client);
  CHECK(server.advance_until(something_came(client), 100));
  CHECK(client.receive_to_end().empty());
}

TEST_CASE("a body that comes too slowly is 408") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc");
  const auto trickle = [&] {
    client.send("x");
    return has_something(client);
  };
  CHECK(server.advance_until(trickle, 30));
  CHECK(first_status(client.receive_to_end()) == 408);
}

TEST_CASE("a body at a modest rate may take its time") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  const auto steady = [&] {
    client.send(std::string(10'000, 'x'));
    return has_something(client);
  };
  CHECK_FALSE(server.advance_until(steady, 60));
}

TEST_CASE("a client that does not take its answer is dropped") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_until("\r\n\r\n");
  const auto given_up = [&] { return !server.exchanges().empty(); };
  REQUIRE(server.advance_until(given_up, 4 * 3600));
  CHECK_FALSE(server.exchanges().front().complete);
  CHECK(client.receive_to_end().size() < server.file_bytes().size());
}

TEST_CASE("a handler may take its time") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.gate().wait_for_visitors(1);
  CHECK_FALSE(server.advance_until(something_came(client), 100));
  server.gate().open();
  CHECK_THAT(client.receive_until("waited"), Contains("200 OK"));
}

TEST_CASE("stopping lets a running handler finish and says that the connection ends") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.gate().wait_for_visitors(1);
  RawHttpClient idle(server.port());
  Stopping stopping(server, std::chrono::seconds(20));
  CHECK(idle.receive_to_end().empty());
  server.gate().open();
  const auto answer = client.receive_to_end();
  CHECK_THAT(answer, Contains("200 OK") && Contains("\r\nConnection: close\r\n") && Catch::EndsWith("waited"));
  CHECK(stopping.finish());
}

TEST_CASE("stopping closes idle connections at once") {
  TestServer server;
  RawHttpClient client(server.port());
  receive_hello(client);
  CHECK(server.server().stop(std::chrono::seconds(20)));
  CHECK(client.receive_to_end().empty());
}

TEST_CASE("what is not finished after the grace is cut, and its handler waited for") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.gate().wait_for_visitors(1);
  Stopping stopping(server, std::chrono::seconds(0));
  CHECK(client.receive_to_end().empty());
  server.gate().open();
  CHECK_FALSE(stopping.finish());
}
