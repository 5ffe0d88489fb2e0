// Uploads images over a number of connections at once, each the next when the one before is acknowledged, and prints
// the rate as one line of JSON. Every image is another one: a comment with a number in it is put into the PNG.
//
// usage: upload_client PORT PATH KEY CONNECTIONS COUNT PNG
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Settings {
  std::uint16_t port = 0;
  std::string path;
  std::string key;
  unsigned connections = 0;
  unsigned count = 0;
  std::string png;
};

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string big_endian(std::uint32_t number) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<char>(number >> (24 - 8 * i));
  return bytes;
}

// Behind the header of the PNG, which ends at byte 33.
std::string with_number(const std::string& png, unsigned number) {
  const std::string chunk = "tEXtComment" + std::string(1, '\0') + std::to_string(number);
  const auto crc =
      ::crc32(0, reinterpret_cast<const unsigned char*>(chunk.data()), static_cast<unsigned>(chunk.size()));
  std::string numbered = png;
  return numbered.insert(33, big_endian(static_cast<std::uint32_t>(chunk.size() - 4)) + chunk +
                                 big_endian(static_cast<std::uint32_t>(crc)));
}

class Uploader {
 public:
  explicit Uploader(const Settings& settings) : settings_(settings) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(settings.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }
  ~Uploader() { ::close(socket_); }
  Uploader(const Uploader&) = delete;
  Uploader& operator=(const Uploader&) = delete;

  void upload(const std::string& png) {
    const std::string head =
        "POST " + settings_.path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + settings_.key +
        "\r\nContent-Type: image/png\r\nContent-Length: " + std::to_string(png.size()) + "\r\n\r\n";
    send_all(head);
    send_all(png);
    const std::string answer = read_answer();
    if (!answer.starts_with("HTTP/1.1 201")) throw std::runtime_error("refused: " + answer);
  }

 private:
  void send_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) throw std::runtime_error("the connection broke");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string read_answer() {
    std::string answer;
    char buffer[16'384];
    while (true) {
      const auto end = answer.find("\r\n\r\n");
      if (end != std::string::npos && answer.size() >= end + 4 + length_in(answer)) return answer;
      const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) throw std::runtime_error("the connection broke");
      answer.append(buffer, static_cast<std::size_t>(got));
    }
  }
  static std::size_t length_in(const std::string& answer) {
    const auto at = answer.find("Content-Length: ");
    return at == std::string::npos ? 0 : static_cast<std::size_t>(std::atol(answer.c_str() + at + 16));
  }

  const Settings& settings_;
  const int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

void run(const Settings& settings) {
  std::atomic<unsigned> next = 0;
  std::atomic<bool> failed = false;
  std::vector<std::vector<double>> took(settings.connections);
  const auto began = SteadyClock::now();
  const auto unique = static_cast<unsigned>(std::chrono::system_clock::now().time_since_epoch().count());
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < settings.connections; ++i) {
      threads.emplace_back([&, i] {
        try {
          Uploader uploader(settings);
          for (unsigned number = next++; number < settings.count && !failed; number = next++) {
            const std::string png = with_number(settings.png, unique + number);
            const auto start = SteadyClock::now();
            uploader.upload(png);
            took[i].push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count());
          }
        } catch (const std::exception& error) {
          if (!failed.exchange(true)) std::fprintf(stderr, "upload_client: %s\n", error.what());
        }
      });
    }
  }
  if (failed) throw std::runtime_error("not every upload was acknowledged");
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - began).count();
  std::vector<double> all;
  for (const auto& part : took) all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end());
  std::printf("{\"rate\": %.1f, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n", settings.count / seconds, all[all.size() / 2],
              all[all.size() * 99 / 100]);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 7) {
    std::fputs("usage: upload_client PORT PATH KEY CONNECTIONS COUNT PNG\n", stderr);
    return 2;
  }
  try {
    run({.port = static_cast<std::uint16_t>(std::atoi(arguments[1])),
         .path = arguments[2],
         .key = arguments[3],
         .connections = static_cast<unsigned>(std::atoi(arguments[4])),
         .count = static_cast<unsigned>(std::atoi(arguments[5])),
         .png = read_file(arguments[6])});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "upload_client: %s\n", error.what());
    return 1;
  }
}
