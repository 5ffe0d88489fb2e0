// A small HTTP/1.1 server on 127.0.0.1 that does what a test tells it: it hands each request to a function and writes
// the bytes that come back as they are, so that it can be wrong in every way a server can be wrong.
// The function runs on a thread per connection.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace lightfast::test {

struct ServedRequest {
  std::string method;
  std::string target;                          // byte for byte
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // numbered from 1
};

struct ServedAnswer {
  enum class Then { keep_open, close, reset };
  std::string bytes;
  Then then = Then::keep_open;
  std::size_t drip_bytes = 0;               // if any: written in pieces of this size
  std::chrono::milliseconds drip_pause{0};  // with this pause between them
};

// A complete answer with a Content-Length.
ServedAnswer answer(int status, const std::string& body, const std::string& headers = "");

class LoopbackServer {
 public:
  using Handler = std::function<ServedAnswer(const ServedRequest&)>;

  explicit LoopbackServer(Handler handler);
  ~LoopbackServer();  // unblocks whoever waits in hold()

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& target) const;  // http://127.0.0.1:port + target
  int connections() const { return connections_; }
  int requests() const { return requests_; }

  void hold();  // for a handler: waits until release() or the end
  void release();

 private:
  void accept_loop();
  void serve(int fd, int number);

  Handler handler_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<int> requests_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  std::vector<int> open_fds_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace lightfast::test
