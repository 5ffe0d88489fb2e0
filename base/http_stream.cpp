#include "base/http_stream.h"

#include "base/suspend.h"

namespace lightfast {
namespace {

constexpr std::size_t held_at_most = 1 << 20;  // then the call waits for its reader

}  // namespace

// Between the client's thread, which fills it, and the reader's.
struct HttpStream::Pipe {
  const std::shared_ptr<HttpValve> valve = std::make_shared<HttpValve>();

  std::mutex mutex;  // guards what follows
  std::optional<HttpAnswer> head;
  std::string pending;
  bool paused = false;
  bool abandoned = false;
  bool ended = false;
  std::optional<HttpFailure> failure;
  Resume wake;  // the reader, where it waits

  void on_head(const HttpAnswer& answer) {
    const std::lock_guard lock(mutex);
    head = HttpAnswer{answer.status, answer.headers, {}, answer.url};
    if (answer.status / 100 == 2) tell();  // any other body is there at the end
  }

  Result<HttpFlow> take(std::span<const std::byte> piece) {
    const std::lock_guard lock(mutex);
    if (abandoned) return Error{Errc::download_failed, "nobody reads this answer any more"};
    if (pending.size() >= held_at_most) {
      paused = true;
      return HttpFlow::pause;
    }
    pending.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    tell();
    return HttpFlow::go_on;
  }

  void end(HttpResult result) {
    const std::lock_guard lock(mutex);
    ended = true;
    if (result) {
      pending += result->body;
    } else {
      failure = result.error();
    }
    tell();
  }

  void tell() {  // with the mutex held
    if (wake) std::exchange(wake, nullptr)();
  }

  bool has_news() const { return !pending.empty() || ended; }
  bool has_head() const { return ended || (head && head->status / 100 == 2); }
};

namespace {

// Until `is_ready`, asked with the pipe's mutex held, where the pipe does not say so already.
template <class Pipe, class IsReady>
Task<> wait_until(std::shared_ptr<Pipe> pipe, IsReady is_ready) {
  for (;;) {
    std::function<void(Resume)> begin = [&](Resume resume) {
      const std::lock_guard lock(pipe->mutex);
      if (is_ready(*pipe)) return resume();
      pipe->wake = std::move(resume);
    };
    co_await suspend(std::move(begin));
    const std::lock_guard lock(pipe->mutex);
    if (is_ready(*pipe)) co_return;
  }
}

}  // namespace

HttpStream::HttpStream(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
HttpStream::HttpStream(HttpStream&&) noexcept = default;

HttpStream::~HttpStream() {
  if (!pipe_) return;
  {
    const std::lock_guard lock(pipe_->mutex);
    pipe_->abandoned = true;
    pipe_->wake = nullptr;
  }
  pipe_->valve->open();  // a call that is held back hears of it
}

Task<boost::system::result<HttpStream, HttpFailure>> HttpStream::open(HttpClient& client, HttpCall call) {
  auto pipe = std::make_shared<Pipe>();
  call.valve = pipe->valve;
  call.on_head = [pipe](const HttpAnswer& answer) { pipe->on_head(answer); };
  call.sink = [pipe](std::span<const std::byte> piece) { return pipe->take(piece); };
  HttpStream stream(pipe);
  client.start(std::move(call), [pipe](HttpResult result) { pipe->end(std::move(result)); });
  co_await wait_until(pipe, [](const Pipe& at) { return at.has_head(); });
  const std::lock_guard lock(pipe->mutex);
  if (pipe->failure && !pipe->head) co_return std::move(*pipe->failure);
  co_return std::move(stream);
}

// The head is written once, before anybody can ask.
int HttpStream::status() const {
  return pipe_->head->status;
}

const HttpHeaders& HttpStream::headers() const {
  return pipe_->head->headers;
}

void HttpStream::put_back(std::string piece) {
  const std::lock_guard lock(pipe_->mutex);
  pipe_->pending.insert(0, piece);
}

Task<Result<std::string>> HttpStream::next() {
  co_await wait_until(pipe_, [](const Pipe& at) { return at.has_news(); });
  std::string piece;
  bool was_paused = false;
  {
    const std::lock_guard lock(pipe_->mutex);
    piece.swap(pipe_->pending);
    was_paused = std::exchange(pipe_->paused, false);
    if (piece.empty() && pipe_->failure) co_return pipe_->failure->error;
  }
  if (was_paused) pipe_->valve->open();
  co_return piece;
}

}  // namespace lightfast
