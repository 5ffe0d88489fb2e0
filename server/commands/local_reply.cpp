#include "server/commands/local_reply.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

namespace lightfast::commands {
namespace {
constexpr std::chrono::milliseconds progress_interval{250};
}

Task<Result<void>> LocalReply::part(std::string json) {
  if (listener_.part) listener_.part(boost::json::parse(json));
  co_return Result<void>();
}

Result<void> LocalReply::write(std::span<const std::byte> bytes) {
  if (!listener_.bytes) return {};
  return listener_.bytes(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Task<void> LocalReply::watch() {
  while (!ended_) {
    timer_.expires_after(progress_interval);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    if (!ended_ && listener_.progress) listener_.progress(progress.step.load(), progress.done, progress.total);
  }
}

void LocalReply::end() {
  ended_ = true;
  timer_.cancel();
}

}  // namespace lightfast::commands
