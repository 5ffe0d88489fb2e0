#include "server/http/request_body.h"

#include "server/http/sender.h"

namespace lightfast::http {
namespace {

constexpr std::size_t buffer = 64 * 1024;
constexpr std::uint64_t drain_limit = 64 * 1024;

}  // namespace

std::optional<std::uint64_t> RequestBody::content_length() const {
  if (framing_.chunked) return std::nullopt;
  return framing_.content_length.value_or(0);
}

Task<Result<std::span<const std::byte>>> RequestBody::read() {
  auto piece = co_await wait_for_piece();
  if (!piece) co_return piece.error();
  if (read_bytes_ > limit_) {
    co_return Error{Errc::too_large, "the body is over the " + std::to_string(limit_) + " bytes allowed here"};
  }
  co_return std::as_bytes(std::span(piece->data(), piece->size()));
}

// A piece of what has come already; empty where there is none.
Result<std::string_view> RequestBody::next_piece() {
  auto piece = parser_.next_piece(connection_.input());
  if (!piece) {
    state_ = State::broken;
    return piece.error();
  }
  connection_.consume(piece->consumed);
  read_bytes_ += piece->body.size();
  return piece->body;
}

Task<Result<std::string_view>> RequestBody::wait_for_piece() {
  if (state_ == State::broken) co_return Error{Errc::invalid_request, "the request's body broke off"};
  if (state_ == State::unread) {
    connection_.enter(Connection::Phase::body);
    state_ = State::reading;
    const bool is_awaited = framing_.expects_continue && !parser_.is_done() && connection_.input().empty();
    if (is_awaited) {
      const bool sent = co_await send_continue();
      if (!sent) state_ = State::broken;
    }
  }
  while (true) {
    auto piece = next_piece();
    if (!piece || !piece->empty() || parser_.is_done()) co_return piece;
    const bool received = co_await connection_.receive(buffer);
    if (received) continue;
    state_ = State::broken;
    if (connection_.is_expired()) co_return Error{Errc::request_timeout, "the request's body came too slowly"};
    co_return Error{Errc::invalid_request, "the request's body ended before its announced end"};
  }
}

Task<bool> RequestBody::send_continue() {
  const std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  const bool sent = co_await send_text(connection_, interim);
  co_return sent;
}

bool RequestBody::can_drain() {
  if (state_ == State::broken) return false;
  if (parser_.is_done()) return true;
  // A client that waits for our 100 may send the body or not: nobody can tell where its next request begins.
  if (state_ == State::unread && framing_.expects_continue) return false;
  if (framing_.content_length) return *framing_.content_length - read_bytes_ <= drain_limit;
  while (!connection_.input().empty()) {
    const auto left = connection_.input().size();
    const auto piece = next_piece();
    if (!piece) return false;
    if (parser_.is_done()) return true;
    if (connection_.input().size() == left) return false;
  }
  return false;
}

Task<bool> RequestBody::drain() {
  if (parser_.is_done()) co_return true;
  if (!can_drain()) co_return false;
  while (!parser_.is_done()) {
    const auto piece = co_await wait_for_piece();
    if (!piece) co_return false;
  }
  co_return true;
}

}  // namespace lightfast::http
