// The body of the request that a connection is at: read, limited and, where nobody wanted it, drained.
#pragma once

#include "server/http/connection.h"
#include "server/http/message.h"
#include "server/http/message_parser.h"
#include "server/http/request_head.h"

namespace lightfast::http {

class RequestBody final : public BodyReader {
 public:
  RequestBody(Connection& connection, MessageParser& parser, const Framing& framing)
      : connection_(connection), parser_(parser), framing_(framing) {}

  Task<Result<std::span<const std::byte>>> read() override;
  std::optional<std::uint64_t> content_length() const override;

  void set_limit(std::uint64_t bytes) { limit_ = bytes; }

  // Whether drain() will get to the end of the body at little cost: all came, or at most 64 KB are still announced.
  bool can_drain();
  // Drops what is left. False if the connection is not at the start of a next request then.
  Task<bool> drain();

 private:
  enum class State { unread, reading, broken };

  Result<std::string_view> next_piece();
  Task<Result<std::string_view>> wait_for_piece();
  Task<bool> send_continue();

  Connection& connection_;
  MessageParser& parser_;
  const Framing& framing_;
  State state_ = State::unread;
  std::uint64_t limit_ = 0;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace lightfast::http
