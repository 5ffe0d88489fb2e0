// A small blocking HTTP/1.1 client over a raw socket to 127.0.0.1: keeps its connection, understands Content-Length,
// chunked and to-the-end bodies, and sends arbitrary bytes as they are. It follows nothing, retries nothing but a
// connection the server had closed between two requests. One thread at a time.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace lightfast::test {

// Refused, reset, ended before its time, not in time, or not HTTP.
struct TransportError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct TimedOut : TransportError {
  using TransportError::TransportError;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  Headers headers = {};  // Host is added where absent; Content-Length where there is a body or the method has one
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::string reason;
  Headers headers;
  std::string body;

  // Names in any case. header(): the first, or ""; count(): how many there are.
  std::string header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  boost::json::value json() const;  // throws where the body is no JSON
};

class HttpClient {
 public:
  explicit HttpClient(int port, std::chrono::milliseconds patience = std::chrono::seconds(30));

  HttpResponse send(const HttpRequest& request);
  HttpResponse get(const std::string& target, const Headers& headers = {});
  HttpResponse head(const std::string& target, const Headers& headers = {});

  // By hand, for what a client must not send, or not at once.
  void connect();  // a new connection
  void write(std::string_view bytes);
  HttpResponse read_response(std::string_view request_method = "GET");
  bool closed_by_server();  // waits for the end of the connection; false if bytes come instead
  bool is_connected() const { return static_cast<bool>(socket_); }
  void close() { socket_.reset(); }

 private:
  HttpResponse exchange(const HttpRequest& request);
  std::string read_body(const HttpResponse& response);
  bool fill();  // more bytes into buffer_; false at the end of the connection
  std::string take_line();
  std::string take(std::size_t length);
  std::string take_to_end();
  std::string take_chunked();

  int port_;
  std::chrono::milliseconds patience_;
  UniqueFd socket_;
  std::string buffer_;  // read, not yet taken
};

std::string to_bytes(const HttpRequest& request);  // as it goes over the wire

}  // namespace lightfast::test
