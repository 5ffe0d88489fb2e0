#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace lightfast::test {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool has(const Headers& headers, std::string_view name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& field) { return same_name(field.first, name); });
}

std::size_t parse_size(std::string_view text, int base) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size, base);
  if (error != std::errc() || end == text.data()) throw TransportError("no size: " + std::string(text));
  return size;
}

[[noreturn]] void fail(const char* doing) {
  throw TransportError(std::string(doing) + ": " + std::strerror(errno));
}

std::pair<std::string, std::string> parse_field(const std::string& line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || colon == 0) throw TransportError("no header field: " + line);
  const std::size_t value = line.find_first_not_of(" \t", colon + 1);
  return {line.substr(0, colon), value == std::string::npos ? "" : line.substr(value)};
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (same_name(field, name)) return value;
  }
  return {};
}

std::size_t HttpResponse::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& field) { return same_name(field.first, name); }));
}

boost::json::value HttpResponse::json() const {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(body, error);
  if (error) throw TransportError("the body is no JSON: " + body.substr(0, 500));
  return value;
}

std::string to_bytes(const HttpRequest& request) {
  std::string bytes = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!has(request.headers, "Host")) bytes += "Host: localhost\r\n";
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  const bool framed = has(request.headers, "Content-Length") || has(request.headers, "Transfer-Encoding");
  const bool has_content = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (!framed && has_content) bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return bytes + "\r\n" + request.body;
}

HttpClient::HttpClient(int port, std::chrono::milliseconds patience) : port_(port), patience_(patience) {}

void HttpClient::connect() {
  buffer_.clear();
  socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    socket_.reset();
    fail("connect");
  }
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval limit{.tv_sec = patience_.count() / 1000, .tv_usec = (patience_.count() % 1000) * 1000};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

void HttpClient::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpClient::fill() {
  pollfd readable{socket_.get(), POLLIN, 0};
  if (::poll(&readable, 1, static_cast<int>(patience_.count())) != 1) throw TimedOut("no answer in time");
  char bytes[64 * 1024];
  const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
  if (count < 0) fail("recv");
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return count > 0;
}

std::string HttpClient::take_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) throw TransportError("the connection ended within a line: " + buffer_);
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string HttpClient::take(std::size_t length) {
  while (buffer_.size() < length) {
    if (!fill()) throw TransportError("the connection ended within a body");
  }
  std::string bytes = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return bytes;
}

std::string HttpClient::take_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string HttpClient::take_chunked() {
  std::string body;
  while (const std::size_t length = parse_size(take_line(), 16)) {
    body += take(length);
    if (take(2) != "\r\n") throw TransportError("a chunk does not end where it said");
  }
  while (!take_line().empty()) {  // trailer fields
  }
  return body;
}

HttpResponse HttpClient::read_response(std::string_view request_method) {
  const std::string status_line = take_line();
  if (!status_line.starts_with("HTTP/1.") || status_line.size() < 12) throw TransportError("no HTTP: " + status_line);
  HttpResponse response;
  response.status = static_cast<int>(parse_size(std::string_view(status_line).substr(9, 3), 10));
  response.reason = status_line.size() > 13 ? status_line.substr(13) : "";
  for (std::string line = take_line(); !line.empty(); line = take_line()) response.headers.push_back(parse_field(line));
  if (response.status / 100 == 1) return read_response(request_method);

  const bool bodyless = request_method == "HEAD" || response.status == 204 || response.status == 304;
  if (!bodyless) response.body = read_body(response);
  if (same_name(response.header("Connection"), "close")) close();
  return response;
}

// RFC 9112, section 6.3.
std::string HttpClient::read_body(const HttpResponse& response) {
  if (same_name(response.header("Transfer-Encoding"), "chunked")) return take_chunked();
  if (has(response.headers, "Content-Length")) return take(parse_size(response.header("Content-Length"), 10));
  std::string body = take_to_end();
  close();
  return body;
}

bool HttpClient::closed_by_server() {
  try {
    return buffer_.empty() && !fill();
  } catch (const TimedOut&) {
    return false;
  } catch (const TransportError&) {
    return true;  // a reset
  }
}

HttpResponse HttpClient::exchange(const HttpRequest& request) {
  try {
    write(to_bytes(request));
  } catch (const TransportError&) {
    // A server may refuse a body before it has come in whole; its answer is what counts.
  }
  return read_response(request.method);
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  const bool fresh = !is_connected();
  if (fresh) connect();
  try {
    return exchange(request);
  } catch (const TimedOut&) {
    close();
    throw;
  } catch (const TransportError&) {
    const bool untouched = buffer_.empty();
    close();
    if (fresh || !untouched) throw;
  }
  connect();
  return exchange(request);
}

HttpResponse HttpClient::get(const std::string& target, const Headers& headers) {
  return send({.method = "GET", .target = target, .headers = headers});
}

HttpResponse HttpClient::head(const std::string& target, const Headers& headers) {
  return send({.method = "HEAD", .target = target, .headers = headers});
}

}  // namespace lightfast::test
