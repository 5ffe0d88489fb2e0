// A shorter way through a core: it sees the bytes of a connection before the full parser does, answers at once what it
// knows, and leaves everything else untouched. The server knows nothing of what a lane serves. One per core, on its
// thread; it must not block.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/ip_address.h"
#include "server/http/send_now.h"

namespace lightfast::http {

// What became of the request at the start of the input.
struct LaneAnswer {
  std::size_t consumed = 0;  // bytes of the input; 0: it is not for the lane, and nothing was sent
  SentNow sent = SentNow::all;
  Unsent unsent;  // of `some`
  bool keep_alive = true;

  bool is_over() const { return sent == SentNow::all && keep_alive; }  // and the connection waits for the next
};

class Lane {
 public:
  virtual ~Lane() = default;
  virtual void catch_up() = 0;  // with what has happened beside it; before it serves what has come in
  virtual LaneAnswer serve(int socket, const IpAddress& peer, std::string_view input) = 0;
  virtual void sweep() = 0;  // with every sweep of the core
};

// Called once for each core, before it starts; null: the core has none.
using MakeLane = std::function<std::unique_ptr<Lane>()>;

}  // namespace lightfast::http
