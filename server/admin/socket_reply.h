// The reply of one command that came through the admin socket: whatever is said, by coroutines or workers, is queued
// here and written to the socket by one coroutine, in order, with a line about the progress now and then.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <future>
#include <optional>

#include "server/admin/reply.h"

namespace lightfast::admin {

class SocketReply final : public Reply {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;
  explicit SocketReply(Socket& socket);  // whose executor has one thread

  Task<Result<void>> part(std::string json) override;
  Result<void> write(std::span<const std::byte> bytes) override;

  // Writes what is queued, until end(line) has been called and that line is out.
  Task<void> run();
  void end(std::string line);  // on the socket's executor

 private:
  struct Message {
    std::string bytes;
    std::promise<bool>* sent = nullptr;  // of a worker that waits
  };
  void push(Message message);
  Task<bool> send(const std::string& bytes);
  std::string progress_line() const;

  Socket& socket_;
  boost::asio::steady_timer wake_;
  std::deque<Message> queue_;
  bool ended_ = false;
  bool broken_ = false;  // nobody listens any more
};

}  // namespace lightfast::admin
