// One request's bytes as Beast reads them: first the head, into a Request, then the body, in pieces that point into
// the caller's bytes. Only for heads that check_head() passed. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "server/http/message.h"

namespace lightfast::http {

class MessageParser {
 public:
  MessageParser();
  ~MessageParser();

  // A whole head. Fills method, target, headers and version; parse_target() does the rest.
  Result<void> parse_head(std::string_view head, Request& request);

  struct Piece {
    std::string_view body;     // part of the bytes given; empty where more are needed, or at the end
    std::size_t consumed = 0;  // how many of the bytes given are done with
  };
  // The next piece of the body. Errc::invalid_request when the framing breaks, or when a chunk's header or the
  // trailers are over 8 KB or not written strictly.
  Result<Piece> next_piece(std::string_view bytes);

  bool is_done() const;  // the body has all come

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lightfast::http
