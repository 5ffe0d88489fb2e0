#include "server/http/sender.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace lightfast::http {
namespace {

enum class Progress { moved, blocked, failed };

// Holds back partial packets while a large body goes out in steps.
class Cork {
 public:
  Cork(Connection& connection, bool wanted) : connection_(connection), wanted_(wanted) {
    if (wanted_) set(1);
  }
  ~Cork() {
    if (wanted_) set(0);
  }
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

 private:
  void set(int on) { ::setsockopt(connection_.native_handle(), IPPROTO_TCP, TCP_CORK, &on, sizeof on); }

  Connection& connection_;
  bool wanted_;
};

Progress judge(ssize_t result) {
  if (result > 0) return Progress::moved;
  if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Progress::blocked;
  if (result < 0 && errno == EINTR) return Progress::moved;
  return Progress::failed;
}

Progress send_some(Connection& connection, std::string_view& first, std::string_view& second, int flags) {
  iovec parts[2] = {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = second.empty() ? 1 : 2;
  const auto result = ::sendmsg(connection.native_handle(), &message, flags | MSG_NOSIGNAL | MSG_DONTWAIT);
  const auto progress = judge(result);
  if (result > 0) {
    const auto sent = static_cast<std::size_t>(result);
    connection.count_sent(sent);
    const auto of_first = std::min(sent, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(sent - of_first);
  }
  return progress;
}

// Both texts, in as few packets as they fit.
Task<bool> send_texts(Connection& connection, std::string_view first, std::string_view second, bool more_follows) {
  while (!first.empty() || !second.empty()) {
    const auto progress = send_some(connection, first, second, more_follows ? MSG_MORE : 0);
    if (progress == Progress::failed) co_return false;
    if (progress == Progress::moved) continue;
    const bool writable = co_await connection.wait_until_writable();
    if (!writable) co_return false;
  }
  co_return true;
}

// Stops early where the file ends before its promised length: what is missing is never made up.
Task<std::uint64_t> send_file(Connection& connection, const FileSlice& slice) {
  auto offset = static_cast<off_t>(slice.offset);
  std::uint64_t sent = 0;
  while (sent < slice.length) {
    const auto step = std::min(slice.length - sent, file_step);
    const auto result = ::sendfile(connection.native_handle(), slice.file->get(), &offset, step);
    const auto progress = judge(result);
    if (progress == Progress::failed) break;
    if (progress == Progress::blocked) {
      const bool writable = co_await connection.wait_until_writable();
      if (!writable) break;
    } else if (result > 0) {
      sent += static_cast<std::uint64_t>(result);
      connection.count_sent(static_cast<std::size_t>(result));
      if (static_cast<std::uint64_t>(result) == file_step && sent < slice.length) co_await connection.give_way();
    }
  }
  co_return sent;
}

std::uint64_t file_bytes(const std::vector<BodyPart>& body) {
  std::uint64_t bytes = 0;
  for (const auto& part : body) {
    if (const auto* slice = std::get_if<FileSlice>(&part)) bytes += slice->length;
  }
  return bytes;
}

// Whether a send may wait for more before it goes out: only if something will really come.
bool has_bytes(const std::vector<BodyPart>& body, std::size_t from) {
  return std::any_of(body.begin() + static_cast<std::ptrdiff_t>(from), body.end(), [](const BodyPart& part) {
    const auto* text = std::get_if<std::string>(&part);
    return text ? !text->empty() : std::get<FileSlice>(part).length > 0;
  });
}

}  // namespace

Task<Sent> send_response(Connection& connection, std::string_view head, const std::vector<BodyPart>& body) {
  const Cork cork(connection, file_bytes(body) >= cork_from);
  Sent sent;
  std::size_t next = 0;
  std::string_view text;
  if (!body.empty() && std::holds_alternative<std::string>(body.front())) text = std::get<std::string>(body[next++]);
  const bool head_sent = co_await send_texts(connection, head, text, has_bytes(body, next));
  if (!head_sent) co_return sent;
  sent.body_bytes = text.size();
  for (; next < body.size(); ++next) {
    if (const auto* slice = std::get_if<FileSlice>(&body[next])) {
      const auto bytes = co_await send_file(connection, *slice);
      sent.body_bytes += bytes;
      if (bytes < slice->length) co_return sent;
    } else {
      text = std::get<std::string>(body[next]);
      const bool text_sent = co_await send_texts(connection, text, {}, has_bytes(body, next + 1));
      if (!text_sent) co_return sent;
      sent.body_bytes += text.size();
    }
  }
  sent.complete = true;
  co_return sent;
}

namespace {

// "1a\r\n"; empty where nothing is framed.
std::string chunk_head(std::size_t size, StreamFraming framing) {
  if (framing == StreamFraming::to_the_end) return {};
  char text[20];
  const int length = std::snprintf(text, sizeof text, "%zx\r\n", size);
  return {text, static_cast<std::size_t>(length)};
}

Task<bool> send_piece(Connection& connection, std::string_view piece, StreamFraming framing) {
  const std::string head = chunk_head(piece.size(), framing);
  const bool is_framed = framing == StreamFraming::chunked;
  const bool sent = co_await send_texts(connection, head, piece, is_framed);
  if (!sent || !is_framed) co_return sent;
  const bool ended = co_await send_texts(connection, "\r\n", {}, false);
  co_return ended;
}

}  // namespace

Task<Sent> send_streamed(Connection& connection, std::string_view head, const Response& response,
                         StreamFraming framing) {
  Sent sent;
  std::string first;
  for (const auto& part : response.body) first += std::get<std::string>(part);
  const bool head_sent = co_await send_texts(connection, head, {}, !first.empty());
  if (!head_sent) co_return sent;
  Result<std::string> piece = std::move(first);
  while (piece) {
    if (!piece->empty()) {
      const bool piece_sent = co_await send_piece(connection, *piece, framing);
      if (!piece_sent) co_return sent;
      sent.body_bytes += piece->size();
    }
    piece = co_await response.stream->next();
    if (piece && piece->empty()) break;
  }
  if (!piece) co_return sent;
  sent.complete = true;
  if (framing == StreamFraming::chunked) sent.complete = co_await send_texts(connection, "0\r\n\r\n", {}, false);
  co_return sent;
}

Task<bool> send_rest(Connection& connection, Unsent unsent) {
  const Cork cork(connection, unsent.is_corked);
  const bool text_sent = co_await send_texts(connection, unsent.text, {}, unsent.file.length > 0);
  if (!text_sent) co_return false;
  const auto bytes = co_await send_file(connection, unsent.file);
  co_return bytes == unsent.file.length;
}

Task<bool> send_text(Connection& connection, std::string_view text) {
  const bool sent = co_await send_texts(connection, text, {}, false);
  co_return sent;
}

}  // namespace lightfast::http
