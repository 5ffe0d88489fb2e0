// What parent and child say to each other over a SOCK_SEQPACKET pair: one struct a message, as both are the same
// binary. The child's words are untrusted: sizes and values are checked when received.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/unique_fd.h"
#include "server/imaging/image_probe.h"

namespace lightfast::imaging {

inline constexpr int kDecodeSocket = 3;  // the child's end

struct DecodeRequest {  // with the image's descriptor
  std::uint32_t magic = kMagic;
  std::uint32_t format = 0;
  std::uint32_t width = 0, height = 0, frames = 0;
  std::uint32_t cpu_seconds = 0;
  std::uint64_t size_bytes = 0;
  std::uint64_t memory_bytes = 0;  // beyond what the child had when it started

  static constexpr std::uint32_t kMagic = 0x4C464451;
  ImageFacts facts() const;
};

enum class DecodeOutcome : std::uint32_t { ready, proven, refused };  // ready: once, when the child has started

struct DecodeReply {
  std::uint32_t magic = kMagic;
  DecodeOutcome outcome = DecodeOutcome::ready;
  std::uint32_t retiring = 0;  // 1: the child ends after this one
  std::uint32_t text_bytes = 0;
  char text[256] = {};  // why it was refused

  static constexpr std::uint32_t kMagic = 0x4C464452;
  void set_text(std::string_view why);
  std::string_view reason() const { return {text, text_bytes}; }
};

// False: the other side is gone.
bool send_request(int socket, const DecodeRequest& request, int image);
bool send_reply(int socket, const DecodeReply& reply);

struct ReceivedRequest {
  DecodeRequest request;
  UniqueFd image;
};

// Blocking. nullopt: the other side is gone, or what came is no such message.
std::optional<ReceivedRequest> receive_request(int socket);
std::optional<DecodeReply> receive_reply(int socket);

}  // namespace lightfast::imaging
