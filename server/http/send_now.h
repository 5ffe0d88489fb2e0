// An answer sent as far as the kernel takes it at once: its texts in one call, then a step of its file. Never waits;
// what is left goes to the sender, which does. System calls only; the socket is non-blocking.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace lightfast::http {

inline constexpr std::uint64_t file_step = 2 * 1024 * 1024;  // then the core's other connections have their turn
inline constexpr std::uint64_t cork_from = 128 * 1024;       // below, the extra system calls cost more than they save

struct Outgoing {
  std::array<std::string_view, 5> texts;
  const std::shared_ptr<const UniqueFd>* file = nullptr;  // null: the texts are all
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool is_last = false;  // the connection is closed after it: the FIN may ride on its last packet
};

// What is left of an answer whose beginning was sent.
struct Unsent {
  std::string text;
  FileSlice file;  // length 0: none
  bool is_corked = false;
};

enum class SentNow { all, some, broken };  // `broken`: the client is gone
SentNow send_now(int socket, const Outgoing& outgoing, Unsent& unsent);

}  // namespace lightfast::http
