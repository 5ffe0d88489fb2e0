// The parent's handle of one decoding child: starts it, asks it, and ends it. Owned by one thread at a time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"
#include "server/imaging/decode_protocol.h"

namespace lightfast::imaging {

class DecodeChild {
 public:
  // Runs `program decode-worker` with an empty environment and no descriptor but its socket, and waits until it is
  // ready. Errc::overloaded where that fails.
  static Result<std::unique_ptr<DecodeChild>> start(const std::filesystem::path& program);

  ~DecodeChild();  // kills and reaps it
  DecodeChild(const DecodeChild&) = delete;
  DecodeChild& operator=(const DecodeChild&) = delete;

  enum class Failure { none, not_sent, timed_out, broken };  // broken: it died, or said what it may not say
  struct Answer {
    Failure failure = Failure::none;
    DecodeReply reply;
  };
  Answer ask(const DecodeRequest& request, int image, std::chrono::milliseconds time_limit);

  // Ends it, and says how it had ended if it had: "signal 11", "exit code 1", "killed".
  std::string end();

 private:
  DecodeChild(pid_t pid, UniqueFd socket) : pid_(pid), socket_(std::move(socket)) {}
  Answer await_reply(std::chrono::milliseconds time_limit);

  pid_t pid_ = -1;  // -1: reaped
  UniqueFd socket_;
};

}  // namespace lightfast::imaging
