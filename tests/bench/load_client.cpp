// Loads an HTTP server from one thread, in a closed loop: each connection asks for a target picked at random, takes the
// answer whole, and asks again. Bodies are dropped in the kernel (MSG_TRUNC), as a network card would take them, so
// that the client is not what limits. Prints one line of JSON; exit 1 where an answer was not what its target expects.
//
// usage: load_client PORT CONNECTIONS SECONDS TARGETS [close]
// TARGETS is a file of lines `STATUS PATH[\tHEADER]…`; with `close` every request has a connection of its own.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Target {
  int status = 200;
  std::string request;
};

struct Settings {
  std::uint16_t port = 0;
  std::size_t connections = 0;
  std::chrono::duration<double> duration{};
  bool closes = false;
};

std::vector<Target> read_targets(const char* path, bool closes) {
  std::ifstream file(path);
  std::vector<Target> targets;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Target target;
    std::string location, header;
    words >> target.status;
    words.ignore();
    std::getline(words, location, '\t');
    target.request = "GET " + location + " HTTP/1.1\r\nHost: localhost\r\n";
    while (std::getline(words, header, '\t')) target.request += header + "\r\n";
    target.request += closes ? "Connection: close\r\n\r\n" : "\r\n";
    targets.push_back(std::move(target));
  }
  if (targets.empty()) throw std::runtime_error(std::string("no targets in ") + path);
  return targets;
}

// The answer to one request, as far as it has come.
struct Answer {
  std::string head;
  bool head_done = false;
  int status = 0;
  std::uint64_t body_left = 0;

  // nginx closes a connection after a thousand requests, if nobody tells it not to.
  bool is_last() const { return head.find("\r\nConnection: close") != std::string::npos; }

  // False: this is no HTTP.
  bool take_head(std::string_view bytes) {
    head += bytes;
    const auto end = head.find("\r\n\r\n");
    if (end == std::string::npos) return head.size() < 16'384;
    head_done = true;
    if (head.size() < 12 || !head.starts_with("HTTP/1.1 ")) return false;
    std::from_chars(head.data() + 9, head.data() + 12, status);
    const std::uint64_t length = status == 304 ? 0 : content_length(end);
    const std::uint64_t here = head.size() - end - 4;
    if (here > length) return false;
    body_left = length - here;
    return true;
  }

 private:
  std::uint64_t content_length(std::size_t end) const {
    constexpr std::string_view name = "\r\ncontent-length:";
    const auto same = [](char a, char b) { return a == ((b >= 'A' && b <= 'Z') ? b + 32 : b); };
    const auto at = std::search(head.begin(), head.begin() + static_cast<long>(end), name.begin(), name.end(),
                                [&](char b, char a) { return same(a, b); });
    std::uint64_t length = 0;
    const char* digits = head.data() + (at - head.begin()) + name.size();
    while (digits < head.data() + end && *digits == ' ') ++digits;
    std::from_chars(digits, head.data() + end, length);
    return length;
  }
};

class Load {
 public:
  Load(Settings settings, std::vector<Target> targets)
      : settings_(settings), targets_(std::move(targets)), connections_(settings.connections) {
    latencies_.reserve(4'000'000);
  }

  void run() {
    for (std::size_t i = 0; i < connections_.size(); ++i) open(i);
    const auto began = SteadyClock::now();
    const auto end = began + std::chrono::duration_cast<SteadyClock::duration>(settings_.duration);
    auto now = began;
    while (now < end) {
      std::array<epoll_event, 256> events;
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), 100);
      now = SteadyClock::now();
      for (int i = 0; i < count; ++i) attend(events[static_cast<std::size_t>(i)].data.u32);
    }
    seconds_ = std::chrono::duration<double>(now - began).count();
  }

  bool print() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double part) {
      if (latencies_.empty()) return 0.0;
      const auto index = static_cast<std::size_t>(part * static_cast<double>(latencies_.size() - 1));
      return static_cast<double>(latencies_[index]) / 1000;
    };
    std::printf(
        "{\"requests\": %zu, \"seconds\": %.6f, \"bytes\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f, "
        "\"wrong\": %llu, \"broken\": %llu}\n",
        latencies_.size(), seconds_, static_cast<unsigned long long>(bytes_), at(0.5), at(0.99),
        static_cast<unsigned long long>(wrong_), static_cast<unsigned long long>(broken_));
    return wrong_ == 0 && broken_ == 0 && !latencies_.empty();
  }

 private:
  struct Connection {
    int socket = -1;
    bool asked = false;
    const Target* target = nullptr;
    Answer answer;
    SteadyClock::time_point began;
  };

  void open(std::size_t index) {
    Connection& connection = connections_[index];
    connection = {};
    connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.socket < 0) throw std::runtime_error(std::strerror(errno));
    const int on = 1;
    ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (settings_.closes) {  // many addresses, or the ports run out
      ::setsockopt(connection.socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
      address.sin_addr.s_addr = htonl(0x7F000100U + static_cast<std::uint32_t>(index));
      ::bind(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    address.sin_port = htons(settings_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection.began = SteadyClock::now();
    if (::connect(connection.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
        errno != EINPROGRESS) {
      throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.u32 = static_cast<std::uint32_t>(index);
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event);
  }

  void attend(std::size_t index) {
    Connection& connection = connections_[index];
    if (!connection.asked) ask(connection, connection.began);
    while (take_some(index)) {
    }
  }

  void ask(Connection& connection, SteadyClock::time_point began) {
    connection.target = &targets_[random_() % targets_.size()];
    connection.answer = {};
    connection.began = began;
    const std::string& request = connection.target->request;
    const auto sent = ::send(connection.socket, request.data(), request.size(), MSG_NOSIGNAL);
    connection.asked = sent == static_cast<ssize_t>(request.size());
    if (!connection.asked && !(sent < 0 && (errno == EAGAIN || errno == ENOTCONN))) ++broken_;
  }

  // False: there is nothing more for now.
  bool take_some(std::size_t index) {
    Connection& connection = connections_[index];
    if (!connection.asked) return false;
    Answer& answer = connection.answer;
    const bool drops = answer.head_done;
    char buffer[4096];
    const std::size_t want = drops ? answer.body_left : sizeof buffer;
    const auto got = ::recv(connection.socket, buffer, want, drops ? MSG_TRUNC : 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    const bool is_whole = answer.head_done && answer.body_left == 0;
    if (got <= 0) {
      if (!is_whole) ++broken_;
      reopen(index);
      return false;
    }
    bytes_ += static_cast<std::uint64_t>(got);
    if (drops) {
      answer.body_left -= static_cast<std::uint64_t>(got);
    } else if (!answer.take_head({buffer, static_cast<std::size_t>(got)})) {
      ++broken_;
      reopen(index);
      return false;
    }
    if (!answer.head_done || answer.body_left > 0) return true;
    finish(index);
    return false;
  }

  void finish(std::size_t index) {
    Connection& connection = connections_[index];
    const auto now = SteadyClock::now();
    latencies_.push_back(static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now - connection.began).count()));
    if (connection.answer.status != connection.target->status) ++wrong_;
    if (settings_.closes || connection.answer.is_last()) return reopen(index);
    ask(connection, now);
  }

  void reopen(std::size_t index) {
    ::close(connections_[index].socket);
    open(index);
  }

  const Settings settings_;
  const std::vector<Target> targets_;
  std::vector<Connection> connections_;
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  std::mt19937 random_{1};
  std::vector<std::uint32_t> latencies_;  // ns
  std::uint64_t bytes_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t broken_ = 0;
  double seconds_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) {
    std::fputs("usage: load_client PORT CONNECTIONS SECONDS TARGETS [close]\n", stderr);
    return 2;
  }
  try {
    Settings settings;
    settings.port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
    settings.connections = static_cast<std::size_t>(std::atoi(arguments[2]));
    settings.duration = std::chrono::duration<double>(std::atof(arguments[3]));
    settings.closes = count > 5 && std::string_view(arguments[5]) == "close";
    Load load(settings, read_targets(arguments[4], settings.closes));
    load.run();
    return load.print() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "load_client: %s\n", error.what());
    return 1;
  }
}
