// Bytes out: heads and strings by sendmsg, files by sendfile, waiting only where the kernel's buffer is full. Slow
// clients are the sweep's business: there is no timer here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "server/http/connection.h"
#include "server/http/message.h"
#include "server/http/send_now.h"

namespace lightfast::http {

struct Sent {
  std::uint64_t body_bytes = 0;
  bool complete = false;  // false: the client went away or was given up on, or a file was shorter than promised
};

// The head, then the parts of the body. After an incomplete answer the connection is good for nothing but closing.
Task<Sent> send_response(Connection& connection, std::string_view head, const std::vector<BodyPart>& body);

// The head, the texts of the body, then its stream piece by piece, each on its way before the next is waited for.
enum class StreamFraming { chunked, to_the_end };
Task<Sent> send_streamed(Connection& connection, std::string_view head, const Response& response,
                         StreamFraming framing);

// The rest of an answer that was begun with send_now(); false as above.
Task<bool> send_rest(Connection& connection, Unsent unsent);

Task<bool> send_text(Connection& connection, std::string_view text);

}  // namespace lightfast::http
