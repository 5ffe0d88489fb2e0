#include "base/http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <future>

#include "base/ip_address.h"
#include "tests/support/loopback_server.h"
#include "tests/support/run_task.h"

namespace lightfast {
namespace {

using test::answer;
using test::LoopbackServer;
using test::run_task;
using test::ServedAnswer;
using test::ServedRequest;

HttpResult fetch(HttpClient& client, HttpCall call) {
  return run_task(client.fetch(std::move(call)));
}

HttpCall get(std::string url) {
  HttpCall call;
  call.url = std::move(url);
  return call;
}

HttpCall paid_post(std::string url) {
  HttpCall call = get(std::move(url));
  call.method = "POST";
  call.connection = HttpConnection::fresh;
  return call;
}

bool is_loopback(const sockaddr& address) {
  return IpAddress::from(address) == IpAddress::v4(0x7f000001);
}

TEST_CASE("an answer comes with its status, headers and body") {
  LoopbackServer server([](const ServedRequest&) { return answer(404, "gone", "X-Word:  a b \r\nx-word: c\r\n"); });
  HttpClient client({});
  const auto result = fetch(client, get(server.url("/x")));
  REQUIRE(result.has_value());
  CHECK(result->status == 404);
  CHECK(result->body == "gone");
  CHECK(find_header(result->headers, "x-wORD") == "a b");
  CHECK_FALSE(find_header(result->headers, "x-wor").has_value());
  CHECK(result->url.target == "/x");
}

TEST_CASE("path and query reach the server byte for byte") {
  std::string seen;
  LoopbackServer server([&](const ServedRequest& request) {
    seen = request.target;
    return answer(200, "");
  });
  HttpClient client({});
  for (const std::string target :
       {"/private/org-x/img.png?st=2026-01-01T00%3A00%3A00Z&sig=a%2Bb/c+d%3d%3D&rsct=image/png", "/a/../b/./c//d",
        "/%7e%7E%2f%2F%41", "/x?", "/?a=/../b", "/x?y?z", "/{a}[b]|^`\"<>'", "/;v=1/,$!*()",
        "/\xC3\xA4\xFF?\xE2\x82\xAC", "/x?a=%zz%", "//double//slash", "/x?q=#no", "/~user/%20%0a"}) {
    INFO(target);
    REQUIRE(fetch(client, get(server.url(target))).has_value());
    CHECK(seen == target.substr(0, target.find('#')));
  }
}

TEST_CASE("method, headers and body are sent as given, and nothing of libcurl's making beside them") {
  std::vector<ServedRequest> seen;
  LoopbackServer server([&](const ServedRequest& request) {
    seen.push_back(request);
    return answer(200, "");
  });
  HttpClient client({.user_agent = "tester/1"});
  const std::string long_body(2'000'000, 'x');  // long enough for libcurl to want a 100-continue
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    HttpCall call = get(server.url("/"));
    call.method = method;
    call.body = long_body;
    call.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"Prefer", "wait=60"}};
    REQUIRE(fetch(client, call).has_value());
    CHECK(seen.back().method == method);
    CHECK(seen.back().body == long_body);
    CHECK(seen.back().headers.count("expect") == 0);
    CHECK(seen.back().headers.at("content-type") == "application/json");
    CHECK(seen.back().headers.at("prefer") == "wait=60");
    CHECK(seen.back().headers.at("user-agent") == "tester/1");
  }
  HttpCall empty_post = get(server.url("/"));
  empty_post.method = "POST";
  REQUIRE(fetch(client, empty_post).has_value());
  CHECK(seen.back().headers.at("content-length") == "0");
  CHECK(seen.back().headers.count("content-type") == 0);
  for (const char* method : {"DELETE", "HEAD"}) {
    HttpCall call = get(server.url("/"));
    call.method = method;
    REQUIRE(fetch(client, call).has_value());
    CHECK(seen.back().method == method);
  }
}

TEST_CASE("a call that HTTP cannot carry is refused before anything is sent") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, ""); });
  HttpClient client({});
  HttpCall injected = get(server.url("/"));
  injected.headers = {{"X", "a\r\nY: b"}};
  CHECK(fetch(client, injected).error().error.code == Errc::invalid_request);
  HttpCall method = get(server.url("/"));
  method.method = "GET /";
  CHECK(fetch(client, method).error().error.code == Errc::invalid_request);
  CHECK(fetch(client, get("file:///etc/passwd")).error().error.code == Errc::download_forbidden);
  CHECK(server.connections() == 0);
}

TEST_CASE("redirects are not followed") {
  LoopbackServer server([](const ServedRequest&) { return answer(302, "", "Location: /next\r\n"); });
  HttpClient client({});
  CHECK(fetch(client, get(server.url("/")))->status == 302);
  CHECK(server.requests() == 1);
}

TEST_CASE("an address that the policy refuses is never connected to") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, ""); });
  HttpClient client({.address_policy = [](const sockaddr&) { return false; }});
  for (const std::string host : {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::ffff:127.0.0.1]"}) {
    INFO(host);
    const auto result = fetch(client, get("http://" + host + ":" + std::to_string(server.port()) + "/"));
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error.code == Errc::download_forbidden);
    CHECK_FALSE(result.error().request_sent);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("a name whose second answer is a forbidden address is not connected to") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, "", "Connection: close\r\n"); });
  int asked = 0;
  HttpClientOptions options;
  options.address_policy = is_loopback;
  options.resolve = [&](const std::string&, std::uint16_t) {
    return std::vector<std::string>{++asked == 1 ? "127.0.0.1" : "127.0.0.2"};
  };
  HttpClient client(options);
  const std::string url = "http://rebind.example:" + std::to_string(server.port()) + "/";
  CHECK(fetch(client, get(url)).has_value());
  CHECK(fetch(client, get(url)).error().error.code == Errc::download_forbidden);
  CHECK(server.requests() == 1);
}

TEST_CASE("a reused connection is held against a call's own narrower policy") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, ""); });
  HttpClient client({});
  CHECK(fetch(client, get(server.url("/"))).has_value());
  HttpCall narrowed = get(server.url("/"));
  narrowed.narrower = [](const sockaddr&) { return false; };
  CHECK(fetch(client, narrowed).error().error.code == Errc::download_forbidden);
  CHECK(server.requests() == 1);
}

TEST_CASE("the environment's proxy is not used") {
  LoopbackServer proxy([](const ServedRequest&) { return answer(200, "proxied"); });
  LoopbackServer server([](const ServedRequest&) { return answer(200, "direct"); });
  ::setenv("http_proxy", proxy.url("").c_str(), 1);
  HttpClient client({});
  const auto result = fetch(client, get(server.url("/")));
  ::unsetenv("http_proxy");
  CHECK(result->body == "direct");
}

TEST_CASE("connections are reused, but a call that must not be repeated gets one of its own") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, ""); });
  HttpClient client({});
  fetch(client, get(server.url("/")));
  fetch(client, get(server.url("/")));
  CHECK(server.connections() == 1);
  fetch(client, paid_post(server.url("/")));
  CHECK(server.connections() == 2);
}

TEST_CASE("a paid call whose connection ends without an answer is sent once and said to have been sent") {
  const auto end = GENERATE(ServedAnswer::Then::close, ServedAnswer::Then::reset);
  LoopbackServer server([&](const ServedRequest& request) {
    return request.method == "POST" ? ServedAnswer{"", end} : answer(200, "");
  });
  HttpClient client({});
  fetch(client, get(server.url("/warm")));
  const auto result = fetch(client, paid_post(server.url("/paid")));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().error.code == Errc::download_failed);
  CHECK(result.error().request_sent);
  CHECK_FALSE(result.error().answer_begun);
  CHECK(server.requests() == 2);
}

TEST_CASE("a call that never reached a server is said not to have been sent") {
  std::uint16_t closed_port = 0;
  {
    closed_port = LoopbackServer([](const ServedRequest&) { return answer(200, ""); }).port();
  }
  HttpClient client({});
  const auto result = fetch(client, paid_post("http://127.0.0.1:" + std::to_string(closed_port) + "/"));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().error.code == Errc::download_failed);
  CHECK_FALSE(result.error().request_sent);
}

TEST_CASE("an answer that is cut short is an error, with a length and chunked") {
  for (const std::string bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
                                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"}) {
    LoopbackServer server([&](const ServedRequest&) { return ServedAnswer{bytes, ServedAnswer::Then::close}; });
    HttpClient client({});
    const auto result = fetch(client, get(server.url("/")));
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error.code == Errc::download_failed);
    CHECK(result.error().answer_begun);
  }
}

TEST_CASE("a body over the limit is refused, by its length or by counting, an error's body is cut") {
  int status = 200;
  bool chunked = false;
  LoopbackServer server([&](const ServedRequest&) {
    if (!chunked) return answer(status, std::string(1000, 'x'));
    return ServedAnswer{"HTTP/1.1 " + std::to_string(status) + " X\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                        std::string(1000, 'x') + "\r\n0\r\n\r\n"};
  });
  HttpClient client({});
  HttpCall call = get(server.url("/"));
  call.max_body_bytes = 999;
  CHECK(fetch(client, call).error().error.code == Errc::too_large);
  chunked = true;
  CHECK(fetch(client, call).error().error.code == Errc::too_large);
  status = 500;
  CHECK(fetch(client, call)->body == std::string(999, 'x'));
  call.max_body_bytes = 1000;
  status = 200;
  CHECK(fetch(client, call)->body.size() == 1000);
}

TEST_CASE("a head without end is refused") {
  LoopbackServer server([](const ServedRequest&) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 2000; ++i) head += "X-Filler: " + std::string(60, 'x') + "\r\n";
    return ServedAnswer{head + "\r\n", ServedAnswer::Then::close};
  });
  HttpClient client({});
  CHECK(fetch(client, get(server.url("/"))).error().error.code == Errc::download_failed);
}

TEST_CASE("a sink gets a good answer's bytes, and none of an error's") {
  int status = 200;
  LoopbackServer server([&](const ServedRequest&) { return answer(status, std::string(300'000, 'x')); });
  HttpClient client({});
  std::size_t taken = 0;
  HttpCall call = get(server.url("/"));
  call.sink = [&](std::span<const std::byte> piece) -> Result<HttpFlow> {
    taken += piece.size();
    return HttpFlow::go_on;
  };
  const auto good = fetch(client, call);
  CHECK(taken == 300'000);
  CHECK(good->body.empty());
  status = 404;
  const auto bad = fetch(client, call);
  CHECK(taken == 300'000);
  CHECK(bad->body.size() == 300'000);
}

TEST_CASE("a sink's error, or what it throws, ends the call") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, "x"); });
  HttpClient client({});
  HttpCall call = get(server.url("/"));
  call.sink = [](std::span<const std::byte>) -> Result<HttpFlow> { return Error{Errc::storage_full, "full"}; };
  CHECK(fetch(client, call).error().error.code == Errc::storage_full);
  call.sink = [](std::span<const std::byte>) -> Result<HttpFlow> { throw std::runtime_error("odd"); };
  CHECK(fetch(client, call).error().error.code == Errc::internal);
}

TEST_CASE("a sink that pauses gets the same bytes again once the valve is opened") {
  const std::string body(3'000'000, 'y');
  LoopbackServer server([&](const ServedRequest&) { return answer(200, body); });
  HttpClient client({});
  std::string taken;
  bool pause = false;
  const auto valve = std::make_shared<HttpValve>();
  HttpCall call = get(server.url("/"));
  call.max_body_bytes = body.size();
  call.valve = valve;
  call.sink = [&](std::span<const std::byte> piece) -> Result<HttpFlow> {
    pause = !pause;
    if (pause) {
      valve->open();
      return HttpFlow::pause;
    }
    taken.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return HttpFlow::go_on;
  };
  REQUIRE(fetch(client, call).has_value());
  CHECK(taken == body);
  valve->open();  // the call is gone: nothing happens
}

TEST_CASE("a call that takes too long is ended") {
  LoopbackServer server([&](const ServedRequest&) {
    server.hold();
    return answer(200, "");
  });
  HttpClient client({});
  HttpCall call = get(server.url("/"));
  call.timeout = std::chrono::milliseconds(50);
  const auto result = fetch(client, call);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().error.code == Errc::download_timeout);
  CHECK(result.error().request_sent);
}

TEST_CASE("an answer that stalls is ended before the whole time is over") {
  LoopbackServer server(
      [](const ServedRequest&) { return ServedAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}; });
  HttpClient client({});
  HttpCall call = get(server.url("/"));
  call.low_speed_bytes_per_second = 1000;
  call.low_speed_time = std::chrono::seconds(1);
  call.timeout = std::chrono::minutes(5);
  const auto result = fetch(client, call);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().error.code == Errc::download_timeout);
  CHECK(result.error().answer_begun);
}

// Counts who has come, for tests that need several calls under way at once.
class Turnstile {
 public:
  void enter() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void wait_for(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST_CASE("never more calls are under way than allowed, the rest wait, and too many are refused at once") {
  Turnstile arrived;
  LoopbackServer server([&](const ServedRequest&) {
    arrived.enter();
    server.hold();
    return answer(200, "");
  });
  HttpClient client({.max_connections = 3, .max_queued = 5});
  std::vector<std::future<HttpResult>> results;
  const auto start = [&] {
    auto promise = std::make_shared<std::promise<HttpResult>>();
    results.push_back(promise->get_future());
    client.start(get(server.url("/")), [promise](HttpResult result) { promise->set_value(std::move(result)); });
  };
  for (int i = 0; i < 3; ++i) start();
  arrived.wait_for(3);
  CHECK(client.in_flight() == 3);
  for (int i = 0; i < 6; ++i) start();
  const HttpResult refused = results.back().get();
  results.pop_back();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().error.code == Errc::overloaded);
  CHECK(client.queued() == 5);
  CHECK(arrived.count() == 3);
  server.release();
  for (auto& result : results) CHECK(result.get().has_value());
  CHECK(server.connections() <= 3);
}

TEST_CASE("a client that goes ends its calls, under way and waiting") {
  Turnstile arrived;
  LoopbackServer server([&](const ServedRequest&) {
    arrived.enter();
    server.hold();
    return answer(200, "");
  });
  std::vector<HttpResult> results;
  {
    HttpClient client({.max_connections = 1});
    for (int i = 0; i < 3; ++i) {
      client.start(get(server.url("/")), [&](HttpResult result) { results.push_back(std::move(result)); });
    }
    arrived.wait_for(1);
  }
  REQUIRE(results.size() == 3);
  for (const HttpResult& result : results) CHECK(result.error().error.code == Errc::internal);
}

TEST_CASE("a hundred coroutines are in flight at once") {
  Turnstile arrived;
  LoopbackServer server([&](const ServedRequest&) {
    arrived.enter();
    arrived.wait_for(100);  // nobody is answered before all have come
    return answer(200, "");
  });
  HttpClient client({});
  boost::asio::io_context context;
  int good = 0;
  auto body = [&]() -> Task<> {
    const HttpResult result = co_await client.fetch(get(server.url("/")));
    if (result) ++good;
  };
  for (int i = 0; i < 100; ++i) boost::asio::co_spawn(context, body, [](std::exception_ptr) {});
  context.run();
  CHECK(good == 100);
}

}  // namespace
}  // namespace lightfast
