// A socket to 127.0.0.1 for tests that care about bytes: what a well-behaved client never sends, how many answers come
// back, when the connection ends. Blocking, with one patience for every wait. One thread at a time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace lightfast::test {

class RawHttpClient {
 public:
  explicit RawHttpClient(int port, std::chrono::milliseconds patience = std::chrono::seconds(20));

  void send(std::string_view bytes);  // all of them; a broken connection is noticed by the next receive
  void shutdown_send();               // a half-close: nothing more is sent
  int native_handle() const { return socket_.get(); }

  // What comes next: at most `limit` bytes, empty at the end of the connection (a reset counts as an end).
  // Throws std::runtime_error when nothing comes in time.
  std::string receive_some(std::size_t limit = 64 * 1024);
  std::string receive(std::size_t count);  // exactly that many; fewer only at the end
  std::string receive_to_end();
  std::string receive_until(std::string_view text);  // up to and with `text`, by single bytes

 private:
  UniqueFd socket_;
  std::chrono::milliseconds patience_;
};

// How many answers stand in what a server sent: final ones only.
std::size_t count_answers(std::string_view bytes);
// The status of the first one; 0 if it is none.
int first_status(std::string_view bytes);

}  // namespace lightfast::test
