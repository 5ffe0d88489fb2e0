#include "server/admin/socket_reply.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

namespace lightfast::admin {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::chrono::milliseconds progress_interval{250};
constexpr std::size_t most_queued = 8;

Error nobody_listens() {
  return {Errc::internal, "who asked for it has gone away"};
}

}  // namespace

SocketReply::SocketReply(Socket& socket) : socket_(socket), wake_(socket.get_executor()) {}

void SocketReply::push(Message message) {
  queue_.push_back(std::move(message));
  wake_.cancel();
}

Task<Result<void>> SocketReply::part(std::string json) {
  while (queue_.size() >= most_queued && !broken_) {
    asio::steady_timer pause(socket_.get_executor(), std::chrono::milliseconds(5));
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  if (broken_) co_return nobody_listens();
  push({"{\"part\":" + json + "}\n"});
  co_return Result<void>();
}

// The bytes follow their line: {"bytes": 65536}.
Result<void> SocketReply::write(std::span<const std::byte> bytes) {
  std::promise<bool> sent;
  auto is_sent = sent.get_future();
  asio::post(socket_.get_executor(), [this, bytes, &sent] {
    std::string message = "{\"bytes\":" + std::to_string(bytes.size()) + "}\n";
    message.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    push({std::move(message), &sent});
  });
  if (!is_sent.get()) return nobody_listens();
  return {};
}

void SocketReply::end(std::string line) {
  ended_ = true;
  push({std::move(line)});
}

Task<void> SocketReply::run() {
  while (!ended_ || !queue_.empty()) {
    if (!queue_.empty()) {
      Message message = std::move(queue_.front());
      queue_.pop_front();
      const bool sent = co_await send(message.bytes);
      if (message.sent != nullptr) message.sent->set_value(sent);
      continue;
    }
    wake_.expires_after(progress_interval);
    boost::system::error_code cancelled;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (queue_.empty()) co_await send(progress_line());
  }
}

Task<bool> SocketReply::send(const std::string& bytes) {
  if (broken_) co_return false;
  boost::system::error_code problem;
  co_await asio::async_write(socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, problem));
  broken_ = problem.failed();
  co_return !broken_;
}

std::string SocketReply::progress_line() const {
  const json::object line{
      {"progress", {{"step", progress.step.load()}, {"done", progress.done.load()}, {"total", progress.total.load()}}}};
  return json::serialize(line) + "\n";
}

}  // namespace lightfast::admin
