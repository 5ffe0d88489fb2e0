// Every TCP connection that this program tries, seen where libcurl calls connect(2): the test program's own connect
// stands before the C library's. While one of these exists no connection leaves the program: one to an address that is
// led to a port on 127.0.0.1 goes there, and libcurl believes it is where it wanted to be; all others are refused.
// At most one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lightfast::test {

class TriedConnections {
 public:
  // By IPv4 address and port, e.g. "203.0.113.7:80".
  explicit TriedConnections(std::map<std::string, std::uint16_t> led_to = {});
  ~TriedConnections();
  TriedConnections(const TriedConnections&) = delete;
  TriedConnections& operator=(const TriedConnections&) = delete;

  std::vector<std::string> take();  // since the last call, e.g. "127.0.0.1:80"
};

}  // namespace lightfast::test
