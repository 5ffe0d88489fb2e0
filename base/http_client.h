// Calls to other servers: one thread with a libcurl multi handle, a bounded number of connections, the rest queued.
// It never follows redirects, never repeats a request, uses no proxy, cookie or .netrc, and sends a URL byte for byte.
// Connections are reused within one client: trusted provider calls and downloads of strangers' URLs are two clients.
// fetch() may be called on any thread. Destroying a client ends its pending calls with an error; none hangs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/http_url.h"
#include "base/task.h"

struct sockaddr;

namespace lightfast {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first header of that name, whatever its case.
std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name);

// Whether an address may be connected to. Called on the client's thread.
using AddressPolicy = std::function<bool(const sockaddr&)>;

enum class HttpFlow { go_on, pause };

// Takes the body of a 2xx answer piece by piece, on the client's thread: must not block. After `pause` the same piece
// comes again once the call's HttpValve was opened.
using HttpSink = std::function<Result<HttpFlow>(std::span<const std::byte>)>;

// Told status and headers when the head of the answer has come, before its body. As the sink: must not block.
struct HttpAnswer;
using HttpOnHead = std::function<void(const HttpAnswer&)>;

// Lets a paused call go on. open() on any thread; harmless before the call has begun and after it has ended.
class HttpValve {
 public:
  void open();

 private:
  friend class HttpClient;
  void bind(std::function<void()> open);

  std::mutex mutex_;
  std::function<void()> open_;
};

enum class HttpConnection {
  reusable,
  // A connection of its own: libcurl itself sends a request again when a reused connection closes without an answer,
  // which must never happen to a call that costs money.
  fresh,
};

struct HttpCall {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  std::string body;  // sent with POST, PUT, PATCH, and with any other method (but HEAD) where it is not empty
  HttpConnection connection = HttpConnection::reusable;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{60'000};  // the whole call, from when it leaves the queue
  std::chrono::milliseconds head_timeout{0};  // the same until the answer's head has come; 0: no other than `timeout`
  std::uint64_t low_speed_bytes_per_second = 0;  // once the body has begun; 0: any speed
  std::chrono::seconds low_speed_time{10};
  std::uint64_t max_body_bytes = 1 << 20;  // a longer 2xx body is Errc::too_large; others are cut (at 1 MiB)
  HttpSink sink;                           // else the body is collected in the answer
  HttpOnHead on_head;                      // empty: nobody is told
  std::shared_ptr<HttpValve> valve;        // where the sink may pause
  AddressPolicy narrower;                  // further limits the addresses that the client allows
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;  // of the final answer, in order
  std::string body;     // empty for a 2xx answer that went to a sink
  HttpUrl url;          // the one called
};

// Errc::download_forbidden: the policy refused the address, or the URL is not one that is called.
// Errc::download_timeout, Errc::download_failed (name, connection, TLS, a cut answer), Errc::too_large,
// Errc::overloaded (the queue is full), Errc::invalid_request; or the sink's own error.
struct HttpFailure {
  Error error;
  bool request_sent = false;  // true: the server may have got the request and acted on it
  bool answer_begun = false;  // true: the head of an answer had come
};

[[noreturn]] void throw_exception_from_error(const HttpFailure& failure, const boost::source_location& where);

using HttpResult = boost::system::result<HttpAnswer, HttpFailure>;

struct HttpClientOptions {
  std::string name = "http";  // shows in `ps -L`
  std::string user_agent = "lightfast";
  std::size_t max_connections = 256;
  std::size_t max_queued = 4'096;
  AddressPolicy address_policy;  // none: every address
  // For tests: the addresses of a host, asked for each call instead of DNS.
  std::function<std::vector<std::string>(const std::string& host, std::uint16_t port)> resolve;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Resumes the caller on its own executor. Whatever the sink, valve and policy refer to is used until then.
  Task<HttpResult> fetch(HttpCall call);

  // The same for callers that are no coroutine: `done` runs on the client's thread (or, if refused, on this one).
  void start(HttpCall call, std::function<void(HttpResult)> done);

  // Ends the calls under way with an error, and refuses later ones.
  void close();

  std::size_t in_flight() const;  // calls that hold a connection
  std::size_t queued() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lightfast
