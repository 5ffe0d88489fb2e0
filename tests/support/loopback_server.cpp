#include "tests/support/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

namespace lightfast::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Reads until `buffer` holds `size` bytes, or an empty line if `size` is 0; false at the end of the connection.
bool fill(int fd, std::string& buffer, std::size_t size) {
  while (size == 0 ? buffer.find("\r\n\r\n") == std::string::npos : buffer.size() < size) {
    char chunk[16384];
    const ssize_t got = ::recv(fd, chunk, sizeof chunk, 0);
    if (got <= 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(got));
  }
  return true;
}

bool read_request(int fd, std::string& buffer, ServedRequest& request) {
  if (!fill(fd, buffer, 0)) return false;
  const auto head_end = buffer.find("\r\n\r\n");
  const std::string head = buffer.substr(0, head_end + 2);
  buffer.erase(0, head_end + 4);
  const auto first_space = head.find(' ');
  const auto second_space = head.find(' ', first_space + 1);
  request.method = head.substr(0, first_space);
  request.target = head.substr(first_space + 1, second_space - first_space - 1);
  for (std::size_t begin = head.find("\r\n") + 2; begin < head.size();) {
    const auto end = head.find("\r\n", begin);
    const auto colon = head.find(':', begin);
    request.headers[lower(head.substr(begin, colon - begin))] = head.substr(colon + 2, end - colon - 2);
    begin = end + 2;
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
  if (size > 0 && !fill(fd, buffer, size)) return false;
  request.body = buffer.substr(0, size);
  buffer.erase(0, size);
  return true;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool write_answer(int fd, const ServedAnswer& answer) {
  if (answer.drip_bytes == 0) return write_all(fd, answer.bytes);
  for (std::size_t at = 0; at < answer.bytes.size(); at += answer.drip_bytes) {
    if (at > 0) std::this_thread::sleep_for(answer.drip_pause);
    if (!write_all(fd, std::string_view(answer.bytes).substr(at, answer.drip_bytes))) return false;
  }
  return true;
}

void reset_on_close(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

ServedAnswer answer(int status, const std::string& body, const std::string& headers) {
  return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          headers + "\r\n" + body};
}

LoopbackServer::LoopbackServer(Handler handler) : handler_(std::move(handler)) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_.get(), 1024) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no listening socket on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

LoopbackServer::~LoopbackServer() {
  release();
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

std::string LoopbackServer::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + target;
}

void LoopbackServer::hold() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return released_; });
}

void LoopbackServer::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

void LoopbackServer::accept_loop() {
  while (true) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    open_fds_.push_back(fd);
    threads_.emplace_back([this, fd, number = ++connections_] { serve(fd, number); });
  }
}

void LoopbackServer::serve(int fd, int number) {
  std::string buffer;
  ServedRequest request;
  while (request = {}, request.connection = number, read_request(fd, buffer, request)) {
    ++requests_;
    const ServedAnswer reply = handler_(request);
    if (reply.then == ServedAnswer::Then::reset) reset_on_close(fd);
    if (!write_answer(fd, reply) || reply.then != ServedAnswer::Then::keep_open) break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_fds_, fd);
  ::close(fd);
}

}  // namespace lightfast::test
