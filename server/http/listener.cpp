#include "server/http/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>

namespace lightfast::http {
namespace {

using boost::asio::ip::tcp;

constexpr int backlog = 4096;
constexpr int defer_seconds = 1;

enum class Sharing { alone, shared };

Error listen_error(const tcp::endpoint& endpoint, std::string_view doing, int error_number) {
  return {Errc::internal, "cannot listen on " + endpoint.address().to_string() + " port " +
                              std::to_string(endpoint.port()) + ": " + std::string(doing) + ": " +
                              std::strerror(error_number)};
}

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// `error_number` of the failure, so that the caller can tell a missing IPv6 from a port that is taken.
struct BindFailure {
  Error error;
  int error_number;
};
using Bound = boost::system::result<UniqueFd, BindFailure>;

Bound bind_socket(const tcp::endpoint& endpoint, Sharing sharing) {
  const auto fail = [&](std::string_view doing) {
    const int number = errno;
    return BindFailure{listen_error(endpoint, doing, number), number};
  };
  UniqueFd fd(::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) return fail("socket");
  if (!set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return fail("SO_REUSEADDR");
  if (sharing == Sharing::shared && !set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1)) return fail("SO_REUSEPORT");
  const bool is_ipv6 = endpoint.data()->sa_family == AF_INET6;
  if (is_ipv6 && !set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0)) return fail("IPV6_V6ONLY");
  if (::bind(fd.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) return fail("bind");
  return fd;
}

Result<void> start_listening(int fd, const tcp::endpoint& endpoint, const ListenOptions& options) {
  const auto& congestion = options.tcp_congestion;
  // Both are inherited by the accepted sockets.
  if (!set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1)) return listen_error(endpoint, "TCP_NODELAY", errno);
  if (!congestion.empty() && ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion.data(),
                                          static_cast<socklen_t>(congestion.size())) != 0) {
    return listen_error(endpoint, "TCP_CONGESTION=" + congestion, errno);
  }
  if (options.waits_for_data && !set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, defer_seconds)) {
    return listen_error(endpoint, "TCP_DEFER_ACCEPT", errno);
  }
  if (::listen(fd, backlog) != 0) return listen_error(endpoint, "listen", errno);
  return {};
}

std::uint16_t bound_port(int fd) {
  tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  return ::getsockname(fd, endpoint.data(), &size) == 0 ? endpoint.port() : 0;
}

bool means_no_ipv6(int error_number) {
  return error_number == EAFNOSUPPORT || error_number == EADDRNOTAVAIL;
}

}  // namespace

Result<Listening> open_listeners(const ListenOptions& options) {
  boost::system::error_code parse_error;
  auto address = boost::asio::ip::make_address(options.host, parse_error);
  if (parse_error) {
    return Error{Errc::internal,
                 "cannot listen on \"" + options.host + "\": it must be an IP address, such as :: or 127.0.0.1"};
  }
  tcp::endpoint endpoint(address, options.port);
  // SO_REUSEPORT would let a second server of the same user in without a word; a socket that shares nothing sees it.
  auto probe = bind_socket(endpoint, Sharing::alone);
  if (!probe && options.host == "::" && means_no_ipv6(probe.error().error_number)) {
    endpoint.address(boost::asio::ip::address_v4::any());
    probe = bind_socket(endpoint, Sharing::alone);
  }
  if (!probe) return probe.error().error;
  endpoint.port(bound_port(probe->get()));
  probe->reset();

  Listening listening{{}, endpoint.port(), endpoint.address().is_v6()};
  for (unsigned i = 0; i < options.count; ++i) {
    auto bound = bind_socket(endpoint, Sharing::shared);
    if (!bound) return bound.error().error;
    const auto started = start_listening(bound->get(), endpoint, options);
    if (!started) return started.error();
    listening.sockets.push_back(std::move(*bound));
  }
  return listening;
}

}  // namespace lightfast::http
