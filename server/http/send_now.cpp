#include "server/http/send_now.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace lightfast::http {
namespace {

void set_cork(int socket, int on) {
  ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

bool is_full(ssize_t result) {
  return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

ssize_t send_texts(int socket, const Outgoing& outgoing, int flags) {
  std::array<iovec, std::tuple_size_v<decltype(Outgoing::texts)>> parts;
  std::size_t count = 0;
  for (const auto text : outgoing.texts) {
    if (text.empty()) continue;
    if (count > 0 && static_cast<char*>(parts[count - 1].iov_base) + parts[count - 1].iov_len == text.data()) {
      parts[count - 1].iov_len += text.size();  // they lie side by side
    } else {
      parts[count++] = {const_cast<char*>(text.data()), text.size()};
    }
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = count;
  return ::sendmsg(socket, &message, flags | MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::string rest_of(const Outgoing& outgoing, std::size_t sent) {
  std::string rest;
  for (const auto text : outgoing.texts) {
    const auto gone = std::min(sent, text.size());
    rest.append(text.substr(gone));
    sent -= gone;
  }
  return rest;
}

std::size_t size_of(const Outgoing& outgoing) {
  std::size_t size = 0;
  for (const auto text : outgoing.texts) size += text.size();
  return size;
}

// How much of the file went out in one step; nullopt: the client is gone, or the file is shorter than it was.
std::optional<std::uint64_t> send_step(int socket, const Outgoing& outgoing) {
  auto offset = static_cast<off_t>(outgoing.offset);
  const auto sent = ::sendfile(socket, (*outgoing.file)->get(), &offset, std::min(outgoing.length, file_step));
  if (sent > 0) return static_cast<std::uint64_t>(sent);
  if (is_full(sent)) return 0;
  return std::nullopt;
}

}  // namespace

SentNow send_now(int socket, const Outgoing& outgoing, Unsent& unsent) {
  const bool has_file = outgoing.length > 0;
  const bool corks = has_file && outgoing.length >= cork_from;
  if (corks) set_cork(socket, 1);
  const auto result = send_texts(socket, outgoing, has_file || outgoing.is_last ? MSG_MORE : 0);
  if (result < 0 && !is_full(result)) return SentNow::broken;
  const auto sent = static_cast<std::size_t>(std::max<ssize_t>(result, 0));
  const bool texts_sent = sent == size_of(outgoing);
  std::uint64_t of_file = 0;
  if (has_file && texts_sent) {
    const auto step = send_step(socket, outgoing);
    if (!step) return SentNow::broken;
    of_file = *step;
  }
  if (texts_sent && of_file == outgoing.length) {
    if (corks && !outgoing.is_last) set_cork(socket, 0);  // else the close sends what is held back
    return SentNow::all;
  }
  if (!texts_sent) unsent.text = rest_of(outgoing, sent);
  if (has_file) unsent.file = {*outgoing.file, outgoing.offset + of_file, outgoing.length - of_file};
  unsent.is_corked = corks;
  return SentNow::some;
}

}  // namespace lightfast::http
