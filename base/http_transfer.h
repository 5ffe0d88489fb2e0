// One call of an HttpClient on its way: the libcurl handle, what its callbacks have gathered, and the outcome.
// Inner part of base/http_client; lives on the client's thread.
#pragma once

#include "base/http_client.h"

namespace lightfast {

class HttpTransfer {
 public:
  // `options` outlives the transfer. `url` is call.url, parsed.
  HttpTransfer(HttpCall call, HttpUrl url, const HttpClientOptions& options, std::function<void(HttpResult)> done);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  // What is wrong with the call itself, before anything is queued.
  static Result<HttpUrl> check(const HttpCall& call);

  void* prepare();  // the easy handle, ready for the multi handle
  void* handle() const { return easy_; }
  const std::shared_ptr<HttpValve>& valve() const { return call_.valve; }
  bool go_on();                // after a pause; false: the sink failed meanwhile, the call is to be ended
  void finish(int curl_code);  // tells the caller; once
  void abandon(Error error);   // likewise, where it ends for a reason of ours

 private:
  struct Callbacks;

  void set_request();
  void set_headers();
  void set_limits();
  void set_guards();
  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::span<const std::byte> piece);
  std::size_t keep(std::span<const std::byte> piece);
  bool on_head_complete();
  bool stalls(std::uint64_t received_bytes);
  bool admits(const sockaddr& address);
  bool has_sink() const { return call_.sink && answer_.status / 100 == 2; }
  bool was_sent() const;
  Error explain(int curl_code) const;
  void fail(Error error);

  HttpCall call_;
  const HttpClientOptions& options_;
  std::function<void(HttpResult)> done_;
  void* easy_ = nullptr;
  void* header_list_ = nullptr;
  void* resolve_list_ = nullptr;
  HttpAnswer answer_;
  std::size_t head_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  bool head_complete_ = false;
  bool body_cut_ = false;  // the rest of an error's body is of no interest
  bool stalled_ = false;
  bool head_late_ = false;
  bool paused_ = false;
  bool address_refused_ = false;
  bool address_admitted_ = false;
  std::optional<Error> own_error_;  // the sink's, or a limit's
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point window_begin_;
  std::uint64_t window_bytes_ = 0;
};

}  // namespace lightfast
