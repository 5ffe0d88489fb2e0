// URLs that want to lead a downloader into the server's own network, through the client that fetches them, counted
// where connections are opened. Nothing here believes the guard: whatever isn't the one public host is inside.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>
#include <latch>
#include <map>
#include <set>

#include "server/ingest/downloader.h"
#include "tests/ingest/hostile_urls.h"
#include "tests/ingest/tried_connections.h"
#include "tests/support/catch_result.h"
#include "tests/support/loopback_server.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_storage.h"
#include "tests/support/run_task.h"

namespace lightfast::ingest {
namespace {

using test::answer;
using test::HostileUrl;
using test::LoopbackServer;
using test::ServedAnswer;
using test::ServedRequest;
using test::TriedConnections;

const std::string public_address = "93.184.216.34";

// A downloader as the server has it, with answers to names of the test's choosing.
class Bench {
 public:
  using Names = std::function<std::vector<std::string>(const std::string& host)>;

  explicit Bench(const char* allowed = "") : guard_(IpNetwork::parse_list(allowed).value()) {
    HttpClientOptions options = download_client_options(guard_);
    options.resolve = [this](const std::string& host, std::uint16_t) { return resolve(host); };
    client_.emplace(std::move(options));
  }

  Names names = [this](const std::string&) { return std::vector<std::string>{inside}; };
  std::string inside = "127.0.0.1";

  Result<Download> download(const std::string& url) {
    Downloader downloader({*client_, guard_, storage_, writers_, clock_, sleep_}, {});
    DownloadRequest request;
    request.url = url;
    return test::run_task(downloader.download(std::move(request)));
  }
  // Whether it was refused for what it is, and not by chance.
  bool is_refused(const std::string& url) {
    const auto download = this->download(url);
    return !download && (download.error().code == Errc::download_forbidden ||  //
                         download.error().code == Errc::invalid_request);
  }

 private:
  std::vector<std::string> resolve(const std::string& host) {
    in_addr number{};
    if (host == test::public_host) return {public_address};
    if (::inet_aton(host.c_str(), &number) == 1) return {IpAddress::v4(ntohl(number.s_addr)).str()};
    return names(host);
  }

  AddressGuard guard_;
  test::MemoryStorage storage_;
  test::ManualClock clock_;
  Sleep sleep_ = [this](std::chrono::milliseconds time) -> Task<> {
    clock_.advance(time);
    co_return;
  };
  Workers writers_{"write", 1, 100};
  std::optional<HttpClient> client_;
};

std::string redirect_to(const std::string& location) {
  return "Location: " + location + "\r\n";
}

bool is_public(const std::string& tried) {
  return tried == public_address + ":80";
}

class WithProxies {
 public:
  explicit WithProxies(const std::string& proxy) {
    for (const char* name : names) ::setenv(name, proxy.c_str(), 1);
  }
  ~WithProxies() {
    for (const char* name : names) ::unsetenv(name);
  }

 private:
  static constexpr const char* names[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                          "all_proxy",  "ALL_PROXY",  "no_proxy"};
};

TEST_CASE("there are 500 hostile URLs and more of which most would connect were there no guard") {
  const auto urls = test::hostile_urls();
  std::set<std::string> distinct;
  for (const auto& [url, inside] : urls) {
    INFO(url);
    CHECK(distinct.insert(url).second);
  }
  CHECK(distinct.size() >= 500);

  Bench unguarded("0.0.0.0/0, ::/0");
  TriedConnections connections;
  std::size_t connecting = 0;
  for (const auto& [url, inside] : urls) {
    unguarded.inside = inside;
    CHECK_FALSE(unguarded.download(url));
    connecting += connections.take().empty() ? 0 : 1;
  }
  INFO(connecting << " of " << urls.size());
  CHECK(connecting > urls.size() / 2);
}

TEST_CASE("no hostile URL opens a connection") {
  Bench bench;
  TriedConnections connections;
  for (const auto& [url, inside] : test::hostile_urls()) {
    INFO(url);
    bench.inside = inside;
    CHECK(bench.is_refused(url));
    CHECK(connections.take() == std::vector<std::string>{});
  }
}

TEST_CASE("no redirect of a public server to a hostile URL opens another connection") {
  std::string location;
  LoopbackServer server([&](const ServedRequest&) { return answer(302, "", redirect_to(location)); });
  TriedConnections connections({{public_address + ":80", server.port()}});
  Bench bench;
  for (const auto& [url, inside] : test::hostile_urls()) {
    INFO(url);
    bench.inside = inside;
    location = url;
    CHECK(bench.is_refused("http://" + test::public_host + "/"));
  }
  for (const auto& tried : connections.take()) {
    INFO(tried);
    CHECK(is_public(tried));
  }
  CHECK(server.requests() >= 500);
}

TEST_CASE("a name that turns to an address inside after the first answer is not connected to") {
  LoopbackServer server(
      [](const ServedRequest&) { return answer(302, "", redirect_to("/on") + "Connection: close\r\n"); });
  TriedConnections connections({{public_address + ":80", server.port()}});
  Bench bench;
  int asked = 0, name = 0;
  bench.names = [&](const std::string&) {
    return std::vector<std::string>{asked++ == 0 ? public_address : bench.inside};
  };
  for (const auto& [url, inside] : test::hostile_urls()) {
    bench.inside = inside;
    asked = 0;
    INFO(inside);
    CHECK(bench.is_refused("http://turning-" + std::to_string(++name) + ".example/"));
    CHECK(asked == 2);
    CHECK(connections.take() == std::vector<std::string>{public_address + ":80"});
  }
}

// libcurl waits 200 ms before it tries a second address, hence all at once.
TEST_CASE("of a name with several addresses those inside are not connected to where the public one fails") {
  const auto urls = test::hostile_urls();
  const auto host_of = [](std::size_t number) { return "several-" + std::to_string(number) + ".example"; };
  std::map<std::string, std::string> inside;
  for (std::size_t i = 0; i < urls.size(); ++i) inside[host_of(i)] = urls[i].inside;
  const AddressGuard guard;
  HttpClientOptions options = download_client_options(guard);
  options.resolve = [&](const std::string& host, std::uint16_t) {
    return std::vector<std::string>{public_address, inside.at(host)};
  };
  std::atomic<std::size_t> refused = 0;
  options.address_policy = [&, allows = options.address_policy](const sockaddr& address) {
    const bool allowed = allows(address);
    refused += allowed ? 0 : 1;
    return allowed;
  };
  TriedConnections connections;
  HttpClient client(std::move(options));
  std::latch left(static_cast<std::ptrdiff_t>(urls.size()));
  for (std::size_t i = 0; i < urls.size(); ++i) {
    HttpCall call;
    call.url = "http://" + host_of(i) + "/";
    client.start(std::move(call), [&left](const HttpResult&) { left.count_down(); });
  }
  left.wait();
  const auto tried = connections.take();
  CHECK(refused == urls.size());
  CHECK(tried.size() == urls.size());
  CHECK(std::all_of(tried.begin(), tried.end(), is_public));
}

TEST_CASE("no proxy in the environment is asked for anything") {
  const std::string proxy = GENERATE("http://127.0.0.1:3128", "socks5h://127.0.0.1:1080", "localhost:8080",
                                     "http://198.41.0.4:3128");  // a public one: no guard stands before it
  const WithProxies environment(proxy);
  TriedConnections connections;
  Bench bench;
  for (const auto& [url, inside] : test::hostile_urls()) {
    INFO(url);
    bench.inside = inside;
    CHECK(bench.is_refused(url));
  }
  CHECK(connections.take() == std::vector<std::string>{});
  CHECK_FALSE(bench.download("http://" + test::public_host + "/"));
  const auto tried = connections.take();
  CHECK(!tried.empty());
  for (const auto& each : tried) CHECK(is_public(each));
}

TEST_CASE("within a network that the operator allows connections are opened and counted") {
  LoopbackServer server([](const ServedRequest&) { return answer(200, "bytes"); });
  const std::string there = "127.0.0.1:" + std::to_string(server.port());
  TriedConnections connections({{there, server.port()}});
  CHECK_FALSE(Bench().download(server.url("/")));
  CHECK(connections.take() == std::vector<std::string>{});
  CHECK(server.connections() == 0);
  CHECK(Bench("127.0.0.0/8").download(server.url("/")));
  CHECK(connections.take() == std::vector<std::string>{there});
  CHECK(server.connections() == 1);
}

}  // namespace
}  // namespace lightfast::ingest
