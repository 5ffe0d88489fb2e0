// Task<T>: a coroutine that waits for the network or for a worker. Started by co_await or by asio::co_spawn.
// A `co_await` stands as its own statement (g++ 12 miscompiles some temporaries around it).
#pragma once

#include <boost/asio/awaitable.hpp>

namespace lightfast {

template <class T = void>
using Task = boost::asio::awaitable<T>;

}  // namespace lightfast
