#include "tests/support/raw_http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lightfast::test {

RawHttpClient::RawHttpClient(int port, std::chrono::milliseconds patience)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), patience_(patience) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
  }
  const timeval limit{.tv_sec = patience.count() / 1000, .tv_usec = (patience.count() % 1000) * 1000};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

void RawHttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (sent < 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawHttpClient::shutdown_send() {
  ::shutdown(socket_.get(), SHUT_WR);
}

std::string RawHttpClient::receive_some(std::size_t limit) {
  pollfd readable{socket_.get(), POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(patience_.count())) != 1) throw std::runtime_error("nothing came in time");
  std::string bytes(limit, '\0');
  const auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

std::string RawHttpClient::receive(std::size_t count) {
  std::string bytes;
  while (bytes.size() < count) {
    const auto more = receive_some(count - bytes.size());
    if (more.empty()) break;
    bytes += more;
  }
  return bytes;
}

std::string RawHttpClient::receive_to_end() {
  std::string bytes;
  while (true) {
    const auto more = receive_some();
    if (more.empty()) return bytes;
    bytes += more;
  }
}

std::string RawHttpClient::receive_until(std::string_view text) {
  std::string bytes;
  while (!bytes.ends_with(text)) {
    const auto more = receive_some(1);
    if (more.empty()) break;
    bytes += more;
  }
  return bytes;
}

std::size_t count_answers(std::string_view bytes) {
  constexpr std::string_view version = "HTTP/1.1 ";
  std::size_t count = 0;
  for (auto at = bytes.find(version); at != bytes.npos; at = bytes.find(version, at + 1)) {
    const char first_digit = at + version.size() < bytes.size() ? bytes[at + version.size()] : ' ';
    if (first_digit >= '2' && first_digit <= '5') ++count;
  }
  return count;
}

int first_status(std::string_view bytes) {
  if (!bytes.starts_with("HTTP/1.1 ") || bytes.size() < 12) return 0;
  return std::stoi(std::string(bytes.substr(9, 3)));
}

}  // namespace lightfast::test
