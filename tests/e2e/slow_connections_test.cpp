// Ten thousand connections that do as little as they can, from many addresses, while others want their images.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <optional>

#include "base/unique_fd.h"
#include "tests/e2e/running_server.h"

namespace lightfast::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t most_connections = 1'000;  // more would be dropped before the last has come
constexpr double most_memory_bytes = 3e9;        // the sanitizer's own is in it
#else
constexpr std::size_t most_connections = 10'000;
constexpr double most_memory_bytes = 300e6;
#endif

// For this process and those it starts, as far as the system allows.
class ManyDescriptors {
 public:
  ManyDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlim_t wanted = std::max<rlim_t>(before_.rlim_max, 25'000);
    const rlimit raised{wanted, wanted}, all{before_.rlim_max, before_.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) ::setrlimit(RLIMIT_NOFILE, &all);
  }
  ~ManyDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  // How many connections there may be: the server takes half as many as it may have descriptors.
  std::size_t room_for(std::size_t wanted) const {
    rlimit now{};
    ::getrlimit(RLIMIT_NOFILE, &now);
    const std::size_t room = std::min<std::size_t>(wanted, now.rlim_cur / 2 - std::min<rlim_t>(now.rlim_cur / 8, 100));
    if (room < wanted) WARN("only " << room << " connections instead of " << wanted << ": ulimit -Hn is too low");
    return room;
  }

 private:
  rlimit before_{};
};

// One connection after another to 127.0.0.1, from 200 other addresses, each of which says `bytes` and then nothing.
class Crowd {
 public:
  Crowd(int port, std::size_t count, std::string_view bytes) {
    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<std::uint16_t>(port));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::size_t i = 0; i < count; ++i) {
      UniqueFd socket = socket_of(static_cast<std::uint32_t>(i));
      REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0);
      REQUIRE(::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
      sockets_.push_back(std::move(socket));
    }
  }

 private:
  static UniqueFd socket_of(std::uint32_t number) {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(socket);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + number % 200);
    const int few_bytes = 4096, late = 1;
    const linger at_once{1, 0};  // a close leaves nothing behind
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &few_bytes, sizeof few_bytes);
    ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &late, sizeof late);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
    return socket;
  }

  std::vector<UniqueFd> sockets_;
};

double gauge(RunningServer& server, const std::string& name) {
  const std::string metrics = server.api("GET", "/metrics").body;
  const auto at = metrics.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(metrics.substr(at + name.size() + 2));
}

struct Siege {
  ManyDescriptors descriptors;
  std::size_t connections = descriptors.room_for(most_connections);
  RunningServer server;
  std::string small = png(1), large = png(2, 1000, 700);
  std::string small_path = server.path_of(server.uploaded(small));
  std::string large_path = server.path_of(server.uploaded(large));

  void check_served() {
    for (int i = 0; i < 50; ++i) {
      HttpClient client = server.new_client();
      CHECK(client.get(small_path).body == small);
      CHECK(client.get("/healthz").status == 200);
    }
    CHECK(server.new_client().get(large_path).body == large);
  }

  void hold_out_against(const std::string& bytes) {
    check_served();
    {
      const Crowd crowd(server.port(), connections, bytes);
      check_served();
      server.uploaded(png(3));
      // They are there, but for those that were dropped after their ten seconds.
      CHECK(gauge(server, "process_open_fds") > static_cast<double>(connections) / 4);
      CHECK(gauge(server, "process_resident_memory_bytes") < most_memory_bytes);
    }
    check_served();
  }
};

TEST_CASE("ten thousand connections that never end their header leave images served") {
  Siege siege;
  siege.hold_out_against("GET " + siege.small_path + " HTTP/1.1\r\nHost: a\r\nX-Slow: ");
}

TEST_CASE("ten thousand connections that never end their body leave images served") {
  Siege siege;
  siege.hold_out_against("POST /v1/images/upload?user_id=mallory HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
                         known_key +
                         "\r\nContent-Type: application/octet-stream\r\nContent-Length: 30000\r\n\r\n\x89PNG");
}

TEST_CASE("ten thousand connections that never read their answer leave images served") {
  Siege siege;
  siege.hold_out_against("GET " + siege.large_path + " HTTP/1.1\r\nHost: a\r\n\r\n");
}

}  // namespace
}  // namespace lightfast::test
