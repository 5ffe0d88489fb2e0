// What a fake provider does instead of what it was asked for. A plain value.
#pragma once

#include <string>

namespace lightfast::test {

// An answer other than the one asked for. Taken by the next requests of its sort, one each.
struct Fault {
  enum class Kind { answer, reset, accept_then_reset } kind = Kind::answer;
  int status = 500;
  std::string body = "{}";
  std::string headers = "Content-Type: application/json\r\n";
};

}  // namespace lightfast::test
