// Heads of requests that two parsers might read differently, or that none should read: what every parser of this server
// must refuse, or leave to the one that does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace lightfast::test {

struct RefusedHead {
  std::string name;
  std::string head;
  Errc code = Errc::invalid_request;
};

std::vector<RefusedHead> smuggling_heads();  // disputes over where the message ends
std::vector<RefusedHead> malformed_heads();

// A head of HTTP/1.1 with a good request line, a Host and these lines.
std::string head_with(std::string_view lines);
// A head of this request line and a Host.
std::string head_with_line(std::string_view request_line);

}  // namespace lightfast::test
