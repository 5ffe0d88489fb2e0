#include "server/imaging/decode_protocol.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lightfast::imaging {
namespace {

union ControlBuffer {  // aligned as cmsghdr must be
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

msghdr message_of(iovec& part) {
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return message;
}

bool send_message(int socket, const msghdr& message, std::size_t bytes) {
  ssize_t sent;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes);
}

// The bytes of one message, whole; false where it was shorter, longer, or there is none.
bool receive_message(int socket, msghdr& message, std::size_t bytes) {
  ssize_t received;
  do {
    received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  return received == static_cast<ssize_t>(bytes) && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
}

UniqueFd descriptor_in(msghdr& message) {
  UniqueFd found;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(part), sizeof fd);
    found.reset(fd);
  }
  return found;
}

}  // namespace

ImageFacts DecodeRequest::facts() const {
  return {static_cast<Format>(format), width, height, frames, 0};
}

void DecodeReply::set_text(std::string_view why) {
  text_bytes = static_cast<std::uint32_t>(std::min(why.size(), sizeof text));
  std::memcpy(text, why.data(), text_bytes);
}

bool send_request(int socket, const DecodeRequest& request, int image) {
  iovec part{const_cast<DecodeRequest*>(&request), sizeof request};
  ControlBuffer control{};
  msghdr message = message_of(part);
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof image);
  std::memcpy(CMSG_DATA(rights), &image, sizeof image);
  return send_message(socket, message, sizeof request);
}

bool send_reply(int socket, const DecodeReply& reply) {
  iovec part{const_cast<DecodeReply*>(&reply), sizeof reply};
  return send_message(socket, message_of(part), sizeof reply);
}

std::optional<ReceivedRequest> receive_request(int socket) {
  ReceivedRequest received;
  iovec part{&received.request, sizeof received.request};
  ControlBuffer control{};
  msghdr message = message_of(part);
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  if (!receive_message(socket, message, sizeof received.request)) return std::nullopt;
  received.image = descriptor_in(message);
  const DecodeRequest& request = received.request;
  const bool sane = received.image && request.magic == DecodeRequest::kMagic && request.size_bytes != 0 &&
                    request.format <= static_cast<std::uint32_t>(Format::avif);
  if (!sane) return std::nullopt;
  return received;
}

// A reply carries no descriptors: with no room for control data the kernel drops what a broken child may send.
std::optional<DecodeReply> receive_reply(int socket) {
  DecodeReply reply;
  iovec part{&reply, sizeof reply};
  msghdr message = message_of(part);
  if (!receive_message(socket, message, sizeof reply)) return std::nullopt;
  const bool sane = reply.magic == DecodeReply::kMagic && reply.outcome <= DecodeOutcome::refused &&
                    reply.retiring <= 1 && reply.text_bytes <= sizeof reply.text;
  if (!sane) return std::nullopt;
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7F; };
  std::ranges::replace_if(reply.text, std::not_fn(printable), '?');
  return reply;
}

}  // namespace lightfast::imaging
