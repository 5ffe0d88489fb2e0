#include "tests/ingest/tried_connections.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/ip_address.h"

namespace lightfast::test {
namespace {

struct Watch {
  std::map<std::string, std::uint16_t> led_to;
  std::map<int, sockaddr_in> claimed = {};  // by descriptor: who is at the other end, as libcurl is to believe
  std::vector<std::string> tried = {};
};

std::mutex mutex;
std::optional<Watch> watch;

std::string name_of(const sockaddr& address) {
  const auto ip = IpAddress::from(address);
  if (!ip) return "an address of another family";
  const std::uint16_t port = address.sa_family == AF_INET ? reinterpret_cast<const sockaddr_in&>(address).sin_port
                                                          : reinterpret_cast<const sockaddr_in6&>(address).sin6_port;
  return ip->str() + ":" + std::to_string(ntohs(port));
}

template <class Call>
Call next(const char* name) {
  return reinterpret_cast<Call>(::dlsym(RTLD_NEXT, name));
}

int connect_for_real(int socket, const sockaddr* address, socklen_t size) {
  static const auto real = next<int (*)(int, const sockaddr*, socklen_t)>("connect");
  return real(socket, address, size);
}

int name_peer_for_real(int socket, sockaddr* address, socklen_t* size) {
  static const auto real = next<int (*)(int, sockaddr*, socklen_t*)>("getpeername");
  return real(socket, address, size);
}

int connect_watched(int socket, const sockaddr* address, socklen_t size) {
  const std::lock_guard lock(mutex);
  if (!watch) return connect_for_real(socket, address, size);
  watch->tried.push_back(name_of(*address));
  const auto led = watch->led_to.find(watch->tried.back());
  if (led == watch->led_to.end()) {
    errno = ECONNREFUSED;
    return -1;
  }
  std::memcpy(&watch->claimed[socket], address, sizeof(sockaddr_in));
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  loopback.sin_port = htons(led->second);
  return connect_for_real(socket, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback);
}

int name_peer_watched(int socket, sockaddr* address, socklen_t* size) {
  const std::lock_guard lock(mutex);
  if (!watch || !watch->claimed.contains(socket)) return name_peer_for_real(socket, address, size);
  std::memcpy(address, &watch->claimed[socket], std::min<std::size_t>(*size, sizeof(sockaddr_in)));
  *size = sizeof(sockaddr_in);
  return 0;
}

}  // namespace

TriedConnections::TriedConnections(std::map<std::string, std::uint16_t> led_to) {
  const std::lock_guard lock(mutex);
  watch = Watch{std::move(led_to)};
}

TriedConnections::~TriedConnections() {
  const std::lock_guard lock(mutex);
  watch.reset();
}

std::vector<std::string> TriedConnections::take() {
  const std::lock_guard lock(mutex);
  return std::exchange(watch->tried, {});
}

}  // namespace lightfast::test

extern "C" __attribute__((visibility("default"))) int connect(int socket, const sockaddr* address, socklen_t size) {
  return lightfast::test::connect_watched(socket, address, size);
}

extern "C" __attribute__((visibility("default"))) int getpeername(int socket, sockaddr* address, socklen_t* size) {
  return lightfast::test::name_peer_watched(socket, address, size);
}
