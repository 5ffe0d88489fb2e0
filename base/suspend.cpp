#include "base/suspend.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

namespace lightfast {

namespace asio = boost::asio;

Task<> suspend(std::function<void(Resume)> begin) {
  auto executor = co_await asio::this_coro::executor;
  const auto initiate = [&](auto handler) {
    // Shared because std::function wants to be copyable; the handler is called exactly once.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    // The thread that calls keeps the executor running until it has told it: telling ends a little after the caller may
    // have gone on.
    begin([shared = std::move(shared), work = std::move(work)]() mutable {
      asio::post(work, [shared = std::move(shared)] { std::move (*shared)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(initiate, asio::use_awaitable);
}

}  // namespace lightfast
