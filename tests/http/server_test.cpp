#include "server/http/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/http/test_server.h"
#include "tests/support/catch_result.h"
#include "tests/support/http_client.h"
#include "tests/support/malformed_heads.h"
#include "tests/support/raw_http_client.h"

using namespace lightfast;
using Catch::Contains;
using test::count_answers;
using test::first_status;
using test::HttpClient;
using test::RawHttpClient;
using test::TestServer;

namespace {

const std::string kGet = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kLastGet = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

std::string post(std::string_view path, std::string_view fields, std::string_view body = {}) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

// While it lives, this process can open `count` more descriptors.
class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned count) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::dup(0));
    const rlimit few{static_cast<rlim_t>(next.get()) + count, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Everything the server says to these bytes, until it closes.
std::string talk(const TestServer& server, std::string_view bytes) {
  RawHttpClient client(server.port());
  client.send(bytes);
  return client.receive_to_end();
}

}  // namespace

TEST_CASE("a GET is answered, and the connection kept for the next one") {
  TestServer server;
  HttpClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto response = client.get("/hello");
    CHECK(response.status == 200);
    CHECK(response.body == "hello");
    CHECK(response.header("Date") == "Sat, 28 Nov 2026 10:00:00 GMT");
    CHECK(response.header("Content-Length") == "5");
    CHECK(response.count("Connection") == 0);
    CHECK(client.is_connected());
  }
}

TEST_CASE("Connection: close is obeyed and said") {
  TestServer server;
  const auto answer = talk(server, kLastGet + kGet);
  CHECK(count_answers(answer) == 1);
  CHECK_THAT(answer, Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("a hundred pipelined requests are answered in order") {
  TestServer server;
  std::string requests;
  for (int i = 0; i < 99; ++i) requests += "GET /items/number-" + std::to_string(i) + ". HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto answers = talk(server, requests + kLastGet);
  CHECK(count_answers(answers) == 100);
  std::size_t at = 0;
  for (int i = 0; i < 99; ++i) {
    at = answers.find("\r\n\r\nnumber-" + std::to_string(i) + ".", at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("a request that comes byte by byte is understood") {
  TestServer server;
  RawHttpClient client(server.port());
  for (const char byte : post("/echo", "Content-Length: 3\r\nConnection: close\r\n", "abc")) {
    client.send(std::string_view(&byte, 1));
  }
  CHECK_THAT(client.receive_to_end(), Catch::EndsWith("\r\n\r\nabc"));
}

TEST_CASE("one empty line before a request is forgiven") {
  TestServer server;
  CHECK(first_status(talk(server, "\r\n" + kLastGet)) == 200);
  CHECK(first_status(talk(server, "\r\n\r\n" + kLastGet)) == 400);
}

TEST_CASE("HTTP/1.0 connections end after the answer, unless asked to stay") {
  TestServer server;
  const auto once = talk(server, "GET /hello HTTP/1.0\r\n\r\n");
  CHECK_THAT(once, Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
  CHECK_THAT(once, Contains("\r\nConnection: close\r\n"));
  const auto twice = talk(server,
                          "GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
                          "GET /hello HTTP/1.0\r\n\r\n");
  CHECK(count_answers(twice) == 2);
  CHECK_THAT(twice, Contains("\r\nConnection: keep-alive\r\n"));
}

TEST_CASE("HEAD has the header of GET and no body") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("HEAD /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto answer = client.receive_to_end();
  CHECK_THAT(answer, Contains("\r\nContent-Length: 10485760\r\n"));
  CHECK_THAT(answer, Catch::EndsWith("\r\n\r\n"));
  CHECK(first_status(answer) == 200);
}

TEST_CASE("204 has neither body nor Content-Length") {
  TestServer server;
  const auto answer = talk(server, "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(first_status(answer) == 204);
  CHECK_THAT(answer, !Contains("Content-Length"));
}

TEST_CASE("errors of paths and methods are problem+json and keep the connection") {
  TestServer server;
  HttpClient client(server.port());
  const auto missing = client.get("/nowhere");
  CHECK(missing.status == 404);
  CHECK(missing.header("Content-Type") == "application/problem+json");
  CHECK(client.get("/items/%zz").status == 404);
  CHECK(client.get("/items/a?x=%zz").status == 400);
  const auto wrong = client.send({.method = "DELETE", .target = "/hello"});
  CHECK(wrong.status == 405);
  CHECK(wrong.header("Allow") == "GET, HEAD, OPTIONS");
  CHECK(client.send({.method = "TRACE", .target = "/hello"}).status == 405);
  CHECK(client.send({.method = "OPTIONS", .target = "*"}).status == 204);
  CHECK(client.get("http://example.org/hello").status == 200);
  CHECK(client.is_connected());
}

TEST_CASE("answers of routes that are open to other sites say so, errors too") {
  TestServer server;
  HttpClient client(server.port());
  CHECK(client.get("/hello").header("Access-Control-Allow-Origin") == "*");
  CHECK(client.get("/items/a").count("Access-Control-Allow-Origin") == 0);
}

TEST_CASE("a handler that throws is 500, and the server lives") {
  TestServer server;
  HttpClient client(server.port());
  const auto response = client.get("/throw");
  CHECK(response.status == 500);
  CHECK_THAT(response.body, Contains("\"code\":\"internal\"") && !Contains("on purpose"));
  CHECK(client.get("/hello").status == 200);
}

TEST_CASE("a caller's request id is kept where it is plain, else one is made") {
  TestServer server;
  HttpClient client(server.port());
  CHECK(client.get("/hello", {{"X-Request-Id", "a-B_c.1"}}).header("X-Request-Id") == "a-B_c.1");
  CHECK_THAT(client.get("/hello").header("X-Request-Id"), Catch::StartsWith("req_"));
  for (const auto& id : {std::string("with space"), std::string("quote\""), std::string(129, 'a')}) {
    CHECK_THAT(client.get("/hello", {{"X-Request-Id", id}}).header("X-Request-Id"), Catch::StartsWith("req_"));
  }
  CHECK(client.get("/object").count("X-Request-Id") == 0);
  CHECK(client.get("/object", {{"X-Request-Id", "mine"}}).header("X-Request-Id") == "mine");
}

TEST_CASE("bodies come in by length and in chunks") {
  TestServer server;
  HttpClient client(server.port());
  CHECK(client.send({.method = "POST", .target = "/echo", .body = "by length"}).body == "by length");
  CHECK(client.send({.method = "POST", .target = "/echo"}).body.empty());
  const auto chunked = client.send({.method = "POST",
                                    .target = "/echo",
                                    .headers = {{"Transfer-Encoding", "chunked"}},
                                    .body = "2;x=y\r\nby\r\n7\r\n chunks\r\n0\r\nTrailer: t\r\n\r\n"});
  CHECK(chunked.body == "by chunks");
  CHECK(client.get("/hello").status == 200);
}

TEST_CASE("a large upload arrives whole, by length and in chunks of odd sizes") {
  TestServer server;
  const std::string body(5'000'003, 'b');
  HttpClient client(server.port());
  CHECK(client.send({.method = "POST", .target = "/length", .body = body}).body == "5000003");
  std::string chunks;
  for (std::size_t at = 0, size = 1; at < body.size(); at += size, size = (size * 7 + 3) % 90'001 + 1) {
    const auto chunk = body.substr(at, size);
    char header[32];
    std::snprintf(header, sizeof header, "%zx\r\n", chunk.size());
    chunks += header + chunk + "\r\n";
  }
  chunks += "0\r\n\r\n";
  const auto response = client.send(
      {.method = "POST", .target = "/length", .headers = {{"Transfer-Encoding", "chunked"}}, .body = chunks});
  CHECK(response.body == "5000003");
  CHECK(client.is_connected());
}

TEST_CASE("broken chunks are one 400 and the end") {
  TestServer server;
  const auto fields = "Transfer-Encoding: chunked\r\n";
  const std::vector<std::string> bodies = {
      "xyz\r\nabc\r\n0\r\n\r\n",
      "-3\r\nabc\r\n0\r\n\r\n",
      "0x3\r\nabc\r\n0\r\n\r\n",
      "3 \r\nabc\r\n0\r\n\r\n",
      " 3\r\nabc\r\n0\r\n\r\n",
      "+3\r\nabc\r\n0\r\n\r\n",
      "\r\nabc\r\n0\r\n\r\n",
      "3\r\nabcX\r\n0\r\n\r\n",
      "3\r\nabcde\r\n0\r\n\r\n",
      "3\nabc\r\n0\r\n\r\n1\r\nx\r\n",
      "3\r\nabc\n0\r\n\r\n",
      "3\rXabc\r\n0\r\n\r\n",
      "3;a\nb\r\nabc\r\n0\r\n\r\n",
      "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n",
      "3;a=\"\x01\"\r\nabc\r\n0\r\n\r\n",
      "10000000000000003\r\nabc\r\n0\r\n\r\n",
      "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
      "0\r\nBad Trailer: x\r\n\r\n",
      "0\r\nX: a\r\n b\r\n\r\n",
      "0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "0\r\nContent-Length: 5\r\n\r\n",
      "0\r\nX: a\nY: b\r\n\r\n",
      "3;" + std::string(9000, 'a') + "\r\nabc\r\n0\r\n\r\n",
      "3;" + std::string(9000, 'a'),
      "0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n",
  };
  for (const auto& body : bodies) {
    INFO(body.substr(0, 60));
    const auto answer = talk(server, post("/echo", fields, body) + kGet);
    CHECK(first_status(answer) == 400);
    CHECK(count_answers(answer) == 1);
  }
}

TEST_CASE("a disputed framing is one 400 and the end, and nothing behind it is a request") {
  TestServer server;
  const std::string smuggled = "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const auto* fields : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding : chunked\r\n",
           "Transfer-Encoding:\r\n chunked\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: +5\r\n",
           "X: y\nTransfer-Encoding: chunked\r\n",
       }) {
    INFO(fields);
    const auto answer = talk(server, post("/echo", fields, smuggled));
    CHECK(first_status(answer) == 400);
    CHECK(count_answers(answer) == 1);
    CHECK_THAT(answer, Contains("\r\nConnection: close\r\n") && Contains("application/problem+json"));
  }
}

TEST_CASE("every head that disputes or breaks its framing is one refusal and the end") {
  TestServer server;
  const std::string smuggled = "0\r\n\r\n" + kGet + kGet;
  for (const auto& cases : {test::smuggling_heads(), test::malformed_heads()}) {
    for (const auto& refused : cases) {
      INFO(refused.name);
      const auto answer = talk(server, refused.head + smuggled);
      CHECK(first_status(answer) / 100 == 4);
      CHECK(count_answers(answer) == 1);
      CHECK_THAT(answer, Contains("\r\nConnection: close\r\n"));
    }
  }
}

TEST_CASE("garbage is refused at once, not after the time for a header") {
  TestServer server;  // whose clock stands still
  CHECK(first_status(talk(server, "\x16\x03\x01\x02")) == 400);
  CHECK(first_status(talk(server, "GET / HTTP/1.1\nHost: a\n\n")) == 400);
  CHECK(first_status(talk(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")) == 400);
}

TEST_CASE("what is too large is told what it is, and the connection ends") {
  TestServer server;
  const auto long_target = talk(server, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(first_status(long_target) == 414);
  CHECK(count_answers(long_target) == 1);
  CHECK(first_status(talk(server, "GET /" + std::string(100'000, 'a'))) == 414);
  CHECK(first_status(talk(server, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(100'000, 'a'))) == 431);
  std::string fields;
  for (int i = 0; i < 200; ++i) fields += "X: y\r\n";
  CHECK(first_status(talk(server, "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")) == 431);
}

TEST_CASE("a body over its route's limit is 413, before it is read or as soon as it shows") {
  TestServer server;
  const auto announced = talk(server, post("/echo", "Content-Length: 1048577\r\n"));
  CHECK(first_status(announced) == 413);
  CHECK_THAT(announced, Contains("\r\nConnection: close\r\n"));
  std::string chunks;
  for (int i = 0; i < 17; ++i) chunks += "10000\r\n" + std::string(65'536, 'x') + "\r\n";
  CHECK(first_status(talk(server, post("/echo", "Transfer-Encoding: chunked\r\n", chunks))) == 413);
}

TEST_CASE("the answer to a refused upload is not lost in a reset") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send(post("/echo", "Content-Length: 4000000\r\n", std::string(500'000, 'x')));
  client.send(std::string(500'000, 'x'));
  client.shutdown_send();
  CHECK(first_status(client.receive_to_end()) == 413);
}

TEST_CASE("Expect: 100-continue is answered when the body is wanted") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send(post("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
  CHECK(client.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc" + kLastGet);
  CHECK(count_answers(client.receive_to_end()) == 2);
}

TEST_CASE("a body that nobody wants is not asked for, and the connection ends") {
  TestServer server;
  const auto ignored = talk(server, post("/ignore", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
  CHECK(first_status(ignored) == 200);
  CHECK_THAT(ignored, Contains("\r\nConnection: close\r\n"));
  CHECK(first_status(talk(server, post("/echo", "Content-Length: 9999999\r\nExpect: 100-continue\r\n"))) == 413);
  CHECK(first_status(talk(server, post("/echo", "Content-Length: 3\r\nExpect: tea\r\n"))) == 417);
}

TEST_CASE("a small body that nobody read is dropped, and the next request served") {
  TestServer server;
  const auto by_length =
      talk(server, post("/ignore", "Content-Length: 60000\r\n", std::string(60'000, 'x')) + kLastGet);
  CHECK(count_answers(by_length) == 2);
  const auto chunked =
      talk(server, post("/ignore", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n") + kLastGet);
  CHECK(count_answers(chunked) == 2);
  const auto of_get = talk(server, "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}" + kLastGet);
  CHECK(count_answers(of_get) == 2);
}

TEST_CASE("a large body that nobody read ends the connection") {
  TestServer server;
  const auto answer = talk(server, post("/ignore", "Content-Length: 70000\r\n", std::string(70'000, 'x')) + kGet);
  CHECK(count_answers(answer) == 1);
  CHECK_THAT(answer, Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("a body that ends early is a 400") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send(post("/echo", "Content-Length: 10\r\n", "abc"));
  client.shutdown_send();
  CHECK(first_status(client.receive_to_end()) == 400);
}

TEST_CASE("a file reaches a slow reader whole") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  client.receive_until("\r\n\r\n");
  std::string bytes;
  while (bytes.size() < server.file_bytes().size()) {
    const auto more = client.receive_some(7'001);
    REQUIRE_FALSE(more.empty());
    bytes += more;
  }
  CHECK(bytes == server.file_bytes());
  client.send(kLastGet);
  CHECK(first_status(client.receive_to_end()) == 200);
}

TEST_CASE("a file that is shorter than promised cuts the connection and is never padded") {
  TestServer server;
  const auto answer = talk(server, "GET /short-file HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
  CHECK_THAT(answer, Contains("\r\nContent-Length: 2000\r\n"));
  CHECK(count_answers(answer) == 1);
  CHECK(answer.size() - answer.find("\r\n\r\n") - 4 == 1000);
}

TEST_CASE("a body of unknown length goes out piece by piece and the connection stays") {
  TestServer server;
  RawHttpClient client(server.port());
  client.send("GET /stream/whole HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto begin = client.receive_until("5\r\nfirst\r\n");
  CHECK_THAT(begin, Contains("\r\nTransfer-Encoding: chunked\r\n") && Contains("\r\nX-Request-Id: theirs\r\n"));
  server.gate().open();
  CHECK(client.receive_until("0\r\n\r\n") == "6\r\nsecond\r\n0\r\n\r\n");
  client.send(kGet);
  CHECK_THAT(client.receive_until("hello"), Contains("200 OK"));
}

TEST_CASE("a body of unknown length ends with the connection for HTTP 1.0 and HEAD gets none of it") {
  TestServer server;
  server.gate().open();
  const auto old = talk(server, "GET /stream/whole HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK_THAT(old, Contains("\r\nConnection: close\r\n") && !Contains("chunked"));
  CHECK(old.ends_with("\r\n\r\nfirstsecond"));
  const auto head = talk(server, "HEAD /stream/whole HTTP/1.1\r\nHost: a\r\n\r\n" + kLastGet);
  CHECK(count_answers(head) == 2);
  CHECK_THAT(head, !Contains("first"));
}

TEST_CASE("a body that breaks off in its midst is never ended as if it were whole") {
  TestServer server;
  server.gate().open();
  const auto answer = talk(server, "GET /stream/broken HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
  CHECK(answer.ends_with("6\r\nsecond\r\n"));
  CHECK(count_answers(answer) == 1);
  server.server().stop(std::chrono::seconds(5));
  const auto exchanges = server.exchanges();
  REQUIRE(exchanges.size() == 1);
  CHECK(exchanges[0].body_bytes_sent == 11);
  CHECK_FALSE(exchanges[0].complete);
}

TEST_CASE("every exchange is told, with what was sent and to whom") {
  TestServer server;
  HttpClient client(server.port());
  client.get("/hello");
  client.head("/hello");
  talk(server, "nonsense\r\n\r\n");
  server.server().stop(std::chrono::seconds(5));
  const auto exchanges = server.exchanges();
  REQUIRE(exchanges.size() == 3);
  CHECK(exchanges[0].path == "/hello");
  CHECK(exchanges[0].client_address == "127.0.0.1");
  CHECK(exchanges[0].body_bytes_sent == 5);
  CHECK(exchanges[0].complete);
  CHECK(exchanges[1].method == "HEAD");
  CHECK(exchanges[1].body_bytes_sent == 0);
  CHECK(exchanges[2].status == 400);
}

TEST_CASE("a trusted proxy says who is calling, in every request anew") {
  http::ServerOptions options;
  options.trusted_proxies = http::TrustedProxies(IpNetwork::parse_list("127.0.0.0/8").value());
  TestServer server(options);
  HttpClient client(server.port());
  client.get("/hello", {{"X-Forwarded-For", "198.51.100.1"}, {"X-Forwarded-For", "198.51.100.2"}});
  client.get("/hello", {{"x-real-ip", "2001:db8::1"}, {"X-Forwarded-For", "198.51.100.2"}});
  client.get("/hello", {{"X-Real-IP", "198.51.100.1"}, {"X-Real-IP", "198.51.100.2"}});
  client.get("/hello");
  server.server().stop(std::chrono::seconds(5));
  const auto exchanges = server.exchanges();
  REQUIRE(exchanges.size() == 4);
  CHECK(exchanges[0].client_address == "198.51.100.2");
  CHECK(exchanges[1].client_address == "2001:db8::1");
  CHECK(exchanges[2].client_address == "127.0.0.1");
  CHECK(exchanges[3].client_address == "127.0.0.1");
}

TEST_CASE("what others say of who is calling changes nothing") {
  TestServer server;
  HttpClient client(server.port());
  client.get("/hello",
             {{"X-Real-IP", "198.51.100.1"}, {"X-Forwarded-For", "198.51.100.2"}, {"Forwarded", "for=1.1.1.1"}});
  server.server().stop(std::chrono::seconds(5));
  REQUIRE(server.exchanges().size() == 1);
  CHECK(server.exchanges()[0].client_address == "127.0.0.1");
}

TEST_CASE("a port that is taken is an error that names it") {
  TestServer server;
  const http::Router router({});
  test::ManualClock clock;
  const IdGenerator ids(clock);
  Logger log(LogLevel::error, LogFormat::text);
  http::ServerOptions options;
  options.host = "127.0.0.1";
  options.port = static_cast<std::uint16_t>(server.port());
  http::Server second(options, router, ids, clock, log, {});
  const auto listening = second.listen();
  REQUIRE_FALSE(listening);
  CHECK_THAT(listening.error().detail, Contains("127.0.0.1 port " + std::to_string(server.port())));
}

TEST_CASE("several cores share one port, and a thousand connections are served beside each other") {
  http::ServerOptions options;
  options.threads = 2;
  TestServer server(options);
  std::vector<std::unique_ptr<RawHttpClient>> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(std::make_unique<RawHttpClient>(server.port()));
  for (const auto& client : clients) client->send(kGet);
  for (const auto& client : clients) {
    client->receive_until("\r\n\r\n");
    REQUIRE(client->receive(5) == "hello");
  }
}

TEST_CASE("over the limit of connections a new one is refused at once") {
  http::ServerOptions options;
  options.max_connections = 2;
  TestServer server(options);
  RawHttpClient first(server.port());
  RawHttpClient second(server.port());
  for (auto* client : {&first, &second}) {
    client->send(kGet);
    client->receive_until("hello");
  }
  RawHttpClient third(server.port());
  const auto refused = third.receive_to_end();
  CHECK(first_status(refused) == 503);
  CHECK_THAT(refused, Contains("Retry-After"));
  first.send(kGet);
  CHECK_THAT(first.receive_until("hello"), Contains("200 OK"));
}

TEST_CASE("without descriptors for it a connection waits, and is served when there are some again") {
  TestServer server;
  std::unique_ptr<RawHttpClient> client;
  {
    const FewDescriptors one(1);
    client = std::make_unique<RawHttpClient>(server.port(), std::chrono::milliseconds(300));
    client->send(kLastGet);
    CHECK_THROWS(client->receive_to_end());
  }
  bool answered = false;
  for (int i = 0; i < 50 && !answered; ++i) {
    try {
      answered = first_status(client->receive_to_end()) == 200;
    } catch (const std::runtime_error&) {
    }
  }
  CHECK(answered);
}
