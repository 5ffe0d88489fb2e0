// A server whose cores have a lane: what is answered at the door, and what is let in.
#include <sys/mman.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <future>

#include "server/http/lane.h"
#include "tests/http/test_server.h"
#include "tests/support/catch_result.h"
#include "tests/support/http_client.h"
#include "tests/support/raw_http_client.h"

using namespace lightfast;
using Catch::Contains;
using test::count_answers;
using test::first_status;
using test::RawHttpClient;
using test::TestServer;

namespace {

// Answers "GET /lane/NAME HTTP/1.1" and one field at most, Connection: close, with NAME; /lane/big with a large file.
class TestLane final : public http::Lane {
 public:
  TestLane(std::atomic<int>& answers, std::shared_ptr<const UniqueFd> big, std::uint64_t big_size)
      : answers_(answers), big_(std::move(big)), big_size_(big_size) {}

  void catch_up() override { ++caught_up_; }
  http::LaneAnswer serve(int socket, const IpAddress& peer, std::string_view input) override {
    constexpr std::string_view start = "GET /lane/";
    const auto end = input.find("\r\n\r\n");
    if (!input.starts_with(start) || end == input.npos) return {};
    const auto name = input.substr(start.size(), input.find(' ', start.size()) - start.size());
    const bool closes = input.substr(0, end).find("Connection: close") != input.npos;
    const bool is_big = name == "big";
    const auto size = is_big ? big_size_ : name.size();
    const std::string head = "HTTP/1.1 200 OK\r\nX-Way: lane\r\nX-Peer: " + peer.str() +
                             "\r\nX-Caught-Up: " + std::to_string(caught_up_) +
                             "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
    http::Outgoing out{.texts = {head, is_big ? "" : name}, .is_last = closes};
    if (is_big) {
      out.file = &big_;
      out.length = big_size_;
    }
    http::LaneAnswer answer{.consumed = end + 4, .keep_alive = !closes};
    ++answers_;  // before the client can know
    answer.sent = http::send_now(socket, out, answer.unsent);
    return answer;
  }
  void sweep() override {}

 private:
  std::atomic<int>& answers_;
  std::shared_ptr<const UniqueFd> big_;
  std::uint64_t big_size_;
  int caught_up_ = 0;
};

struct LaneServer {
  explicit LaneServer(http::ServerOptions options = {}) : server(options, [this] { return make(); }) {}

  std::unique_ptr<http::Lane> make() { return std::make_unique<TestLane>(answers, file.fd, file.bytes.size()); }

  struct BigFile {
    BigFile() {
      bytes.resize(6 << 20);
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 + i / 1021);
      fd = std::make_shared<const UniqueFd>(::memfd_create("big", MFD_CLOEXEC));
      REQUIRE(::write(fd->get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    }
    std::string bytes;
    std::shared_ptr<const UniqueFd> fd;
  } file;
  std::atomic<int> answers = 0;
  TestServer server;
};

std::string get(const std::string& path, const std::string& fields = "Host: a\r\n") {
  return "GET " + path + " HTTP/1.1\r\n" + fields + "\r\n";
}
const std::string kClose = "Host: a\r\nConnection: close\r\n";

std::string talk(LaneServer& lanes, std::string_view bytes) {
  RawHttpClient client(lanes.server.port());
  client.send(bytes);
  return client.receive_to_end();
}

bool has_something(const RawHttpClient& client) {
  char byte = 0;
  return ::recv(client.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

}  // namespace

TEST_CASE("the lane is told who is at the other end, at the door and inside") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  client.send(get("/lane/first"));
  CHECK_THAT(client.receive_until("first"), Contains("\r\nX-Peer: 127.0.0.1\r\n"));
  client.send(get("/hello") + get("/lane/second", kClose));
  CHECK_THAT(client.receive_to_end(), Contains("\r\nX-Peer: 127.0.0.1\r\n"));
}

TEST_CASE("the lane catches up before it serves what has come, at the door and inside") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  const auto caught_up = [&] {
    client.send(get("/lane/name"));
    const auto answer = client.receive_until("name");
    constexpr std::string_view field = "X-Caught-Up: ";
    return std::stoi(answer.substr(answer.find(field) + field.size()));
  };
  const auto first = caught_up();
  const auto second = caught_up();
  CHECK(second > first);
  client.send(get("/hello"));
  client.receive_until("hello");
  const auto inside = caught_up();
  CHECK(inside > second);
  CHECK(caught_up() > inside);
}

TEST_CASE("what the lane knows is answered at the door, again and again") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  for (int i = 1; i <= 3; ++i) {
    client.send(get("/lane/name"));
    CHECK_THAT(client.receive_until("name"), Contains("X-Way: lane"));
    CHECK(lanes.answers == i);
  }
  CHECK(lanes.server.exchanges().empty());
}

TEST_CASE("everything else is let in with the bytes that were read") {
  LaneServer lanes;
  const auto answers =
      talk(lanes, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + get("/hello", kClose));
  CHECK(count_answers(answers) == 2);
  CHECK_THAT(answers, Contains("\r\n\r\nabc") && Catch::EndsWith("hello"));
  CHECK(lanes.answers == 0);
}

TEST_CASE("requests of both ways on one connection are answered in order") {
  LaneServer lanes;
  const auto answers = talk(lanes, get("/lane/one") + get("/lane/two") + get("/items/three") + get("/lane/four") +
                                       get("/hello") + get("/lane/five", kClose));
  CHECK(count_answers(answers) == 6);
  std::size_t at = 0;
  for (const char* body : {"one", "two", "three", "four", "hello", "five"}) {
    at = answers.find(std::string("\r\n\r\n") + body, at);
    REQUIRE(at != std::string::npos);
  }
  CHECK(lanes.answers == 4);
}

TEST_CASE("a request that comes in pieces is answered, wherever it is cut") {
  LaneServer lanes;
  const std::string request = get("/lane/name", kClose);
  for (std::size_t cut = 1; cut < request.size(); cut += 5) {
    RawHttpClient client(lanes.server.port());
    client.send(request.substr(0, cut));
    client.send(request.substr(cut));
    const auto answer = client.receive_to_end();
    INFO(cut);
    CHECK((first_status(answer) == 200 || first_status(answer) == 404));  // the full way knows no /lane
    CHECK(count_answers(answer) == 1);
  }
}

TEST_CASE("a last answer closes the connection, also on a connection of its own") {
  LaneServer lanes;
  CHECK_THAT(talk(lanes, get("/lane/name", kClose)), Catch::EndsWith("\r\n\r\nname"));
  CHECK_THAT(talk(lanes, get("/lane/a") + get("/lane/b", kClose)), Catch::EndsWith("\r\n\r\nb"));
  const auto ignored = talk(lanes, get("/lane/name", kClose) + get("/lane/more"));
  CHECK(count_answers(ignored) == 1);
  CHECK_THAT(ignored, Catch::EndsWith("\r\n\r\nname"));
}

TEST_CASE("a client that ends its side is answered before the connection ends") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  client.send(get("/lane/name"));
  client.shutdown_send();
  CHECK_THAT(client.receive_to_end(), Catch::EndsWith("name"));
}

TEST_CASE("an answer too large to go out at once arrives whole, on a connection that goes on") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  for (int i = 0; i < 2; ++i) {
    client.send(get("/lane/big") + get("/lane/after") + get("/hello"));
    const auto head = client.receive_until("\r\n\r\n");
    CHECK_THAT(head, Contains("Content-Length: 6291456"));
    CHECK(client.receive(lanes.file.bytes.size()) == lanes.file.bytes);
    CHECK_THAT(client.receive_until("hello"), Contains("\r\n\r\nafter"));
  }
  client.send(get("/lane/big", kClose));
  CHECK_THAT(client.receive_to_end(), Catch::EndsWith(lanes.file.bytes));
}

TEST_CASE("a client that does not take its answer is dropped at the door's cost too") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  client.send(get("/lane/big") + get("/lane/big"));
  client.receive_until("\r\n\r\n");
  std::size_t received = 0;
  const auto reset = [&] { return ::send(client.native_handle(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0; };
  CHECK(lanes.server.advance_until(reset, 4 * 3600));
  received = client.receive_to_end().size();
  CHECK(received < 2 * lanes.file.bytes.size());
}

TEST_CASE("at the door a silent connection and an idle one have the same patience as inside") {
  LaneServer lanes;
  RawHttpClient silent(lanes.server.port());
  RawHttpClient idle(lanes.server.port());
  idle.send(get("/lane/name"));
  idle.receive_until("name");
  CHECK_FALSE(lanes.server.advance_until([&] { return has_something(silent); }, 9));
  CHECK(lanes.server.advance_until([&] { return has_something(silent); }, 20));
  CHECK(silent.receive_to_end().empty());
  CHECK_FALSE(lanes.server.advance_until([&] { return has_something(idle); }, 30));
  idle.send(get("/lane/name"));
  idle.receive_until("name");
  CHECK_FALSE(lanes.server.advance_until([&] { return has_something(idle); }, 60));
  CHECK(lanes.server.advance_until([&] { return has_something(idle); }, 20));
  CHECK(idle.receive_to_end().empty());
}

TEST_CASE("one that is let in after the door has the same patience") {
  LaneServer lanes;
  RawHttpClient client(lanes.server.port());
  client.send(get("/lane/name") + "GET /hello HT");
  client.receive_until("name");
  CHECK(lanes.server.advance_until([&] { return has_something(client); }, 30));
  CHECK(first_status(client.receive_to_end()) == 408);
}

TEST_CASE("connections at the door count for the limit") {
  http::ServerOptions options;
  options.max_connections = 2;
  LaneServer lanes(options);
  {
    RawHttpClient first(lanes.server.port());
    RawHttpClient second(lanes.server.port());
    for (auto* client : {&first, &second}) {
      client->send(get("/lane/name"));
      client->receive_until("name");
    }
    CHECK(first_status(RawHttpClient(lanes.server.port()).receive_to_end()) == 503);
    for (auto* client : {&first, &second}) {
      client->shutdown_send();
      CHECK(client->receive_to_end().empty());
    }
  }
  for (int i = 0; i < 5; ++i) CHECK(first_status(talk(lanes, get("/lane/name", kClose))) == 200);
}

TEST_CASE("stopping closes who waits at the door, and answers what has been asked") {
  LaneServer lanes;
  RawHttpClient idle(lanes.server.port());
  idle.send(get("/lane/name"));
  idle.receive_until("name");
  RawHttpClient busy(lanes.server.port());
  busy.send(get("/wait"));
  lanes.server.gate().wait_for_visitors(1);
  auto stopped = std::async(std::launch::async, [&] { return lanes.server.server().stop(std::chrono::seconds(20)); });
  CHECK(idle.receive_to_end().empty());
  lanes.server.gate().open();
  CHECK_THAT(busy.receive_to_end(), Contains("\r\nConnection: close\r\n") && Catch::EndsWith("waited"));
  CHECK(stopped.get());
}

TEST_CASE("hundreds of connections at once are all answered at the door") {
  http::ServerOptions options;
  options.threads = 2;
  LaneServer lanes(options);
  std::vector<std::unique_ptr<RawHttpClient>> clients;
  for (int i = 0; i < 300; ++i) clients.push_back(std::make_unique<RawHttpClient>(lanes.server.port()));
  for (int round = 0; round < 2; ++round) {
    for (auto& client : clients) client->send(get("/lane/name"));
    for (auto& client : clients) CHECK_THAT(client->receive_until("name"), Contains("X-Way: lane"));
  }
  CHECK(lanes.answers == 600);
}
