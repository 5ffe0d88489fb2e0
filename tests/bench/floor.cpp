// The least that answering takes: whatever is asked, the next of some blocks in memory is sent. No parsing, no look-up,
// no file: what it costs is the kernel's part, and how near a server comes to it is what it has in its own hands. As
// many blocks as there are images wait for memory as those do.
//
// usage: floor PORT BYTES BLOCKS
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool listens =
      ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(listener, 4096) == 0;
  return listens ? listener : -1;
}

void watch(int epoll, int socket) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = socket;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return 2;
  const std::string body(static_cast<std::size_t>(std::atol(arguments[2])), 'x');
  const std::vector<std::string> answers(
      static_cast<std::size_t>(std::atol(arguments[3])),
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  std::minstd_rand random;
  const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(arguments[1])));
  if (listener < 0) return 1;
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  for (;;) {
    std::array<epoll_event, 512> events;
    const int ready = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      const int socket = events[static_cast<std::size_t>(i)].data.fd;
      if (socket == listener) {
        for (int taken; (taken = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
          watch(epoll, taken);
        }
        continue;
      }
      std::array<char, 4096> request;
      const auto got = ::recv(socket, request.data(), request.size(), 0);
      if (got > 0) {
        const auto& answer = answers[random() % answers.size()];
        ::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
      } else if (got == 0) {
        ::close(socket);
      }
    }
  }
}
