#include "base/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "base/http_transfer.h"
#include "base/suspend.h"

namespace lightfast {
namespace {

using Transfer = std::unique_ptr<HttpTransfer>;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// libcurl's own start, once in a process.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

Error shutting_down() {
  return {Errc::internal, "the server is shutting down"};
}

// A server that closes while we write must not end the process.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

struct HttpClient::Impl {
  explicit Impl(HttpClientOptions given);
  ~Impl();

  void stop();                                       // from any thread
  void submit(std::uint64_t id, Transfer transfer);  // from any thread
  void resume(std::uint64_t id);                     // from any thread

  void run();
  void take_commands();
  void start_waiting();
  void reap();
  void release(std::uint64_t id);
  void end_all(const Error& error);

  const HttpClientOptions options;
  CURLM* multi = nullptr;
  std::atomic<std::uint64_t> next_id = 1;
  std::atomic<std::size_t> active_count = 0;
  std::atomic<std::size_t> queued_count = 0;

  std::mutex mutex;  // guards these three
  std::vector<std::pair<std::uint64_t, Transfer>> submitted;
  std::vector<std::uint64_t> resumed;
  bool stopping = false;

  // The thread's own.
  std::deque<std::pair<std::uint64_t, Transfer>> waiting;
  std::unordered_map<std::uint64_t, Transfer> active;
  std::unordered_map<void*, std::uint64_t> ids;
  std::thread thread;
};

HttpClient::Impl::Impl(HttpClientOptions given) : options(std::move(given)) {
  start_curl();
  multi = curl_multi_init();
  if (!multi) throw std::runtime_error("curl_multi_init failed");
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options.max_connections));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.max_connections));
  thread = std::thread([this] { run(); });
  pthread_setname_np(thread.native_handle(), options.name.substr(0, 15).c_str());
}

void HttpClient::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  curl_multi_wakeup(multi);
}

HttpClient::Impl::~Impl() {
  stop();
  thread.join();
  curl_multi_cleanup(multi);
}

void HttpClient::Impl::submit(std::uint64_t id, Transfer transfer) {
  std::optional<Error> refused;
  {
    const std::lock_guard lock(mutex);
    if (stopping) {
      refused = shutting_down();
    } else if (queued_count >= options.max_queued) {
      refused = Error{Errc::overloaded, "too many calls to other servers are waiting; try again in a moment",
                      std::chrono::seconds(5)};
    } else {
      ++queued_count;
      submitted.emplace_back(id, std::move(transfer));
    }
  }
  if (refused) return transfer->abandon(std::move(*refused));
  curl_multi_wakeup(multi);
}

void HttpClient::Impl::resume(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex);
    resumed.push_back(id);
  }
  curl_multi_wakeup(multi);
}

void HttpClient::Impl::run() {
  block_sigpipe();
  while (true) {
    take_commands();
    {
      const std::lock_guard lock(mutex);
      if (stopping) break;
    }
    start_waiting();
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) end_all({Errc::internal, "curl_multi_perform failed"});
    reap();
    if (!waiting.empty() && active.size() < options.max_connections) continue;
    // A second at most, so that a trickling answer is noticed; with nothing under way only a wake-up matters.
    curl_multi_poll(multi, nullptr, 0, active.empty() ? 60'000 : 1'000, nullptr);
  }
  take_commands();
  end_all(shutting_down());
}

void HttpClient::Impl::take_commands() {
  std::vector<std::uint64_t> to_resume;
  {
    const std::lock_guard lock(mutex);
    std::move(submitted.begin(), submitted.end(), std::back_inserter(waiting));
    submitted.clear();
    to_resume.swap(resumed);
  }
  for (const std::uint64_t id : to_resume) {
    const auto found = active.find(id);
    if (found == active.end() || found->second->go_on()) continue;
    found->second->finish(CURLE_WRITE_ERROR);
    release(id);
  }
}

void HttpClient::Impl::start_waiting() {
  while (!waiting.empty() && active.size() < options.max_connections) {
    auto [id, transfer] = std::move(waiting.front());
    waiting.pop_front();
    --queued_count;
    void* easy = transfer->prepare();
    if (!easy || curl_multi_add_handle(multi, easy) != CURLM_OK) {
      transfer->abandon({Errc::overloaded, "no memory for a call to another server", std::chrono::seconds(5)});
      continue;
    }
    ids[easy] = id;
    active.emplace(id, std::move(transfer));
    ++active_count;
  }
}

void HttpClient::Impl::reap() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;  // the message is gone once the handle is removed
    const std::uint64_t id = ids.at(message->easy_handle);
    active.at(id)->finish(code);
    release(id);
  }
}

void HttpClient::Impl::release(std::uint64_t id) {
  const auto found = active.find(id);
  curl_multi_remove_handle(multi, found->second->handle());
  ids.erase(found->second->handle());
  active.erase(found);
  --active_count;
}

void HttpClient::Impl::end_all(const Error& error) {
  while (!active.empty()) {
    active.begin()->second->abandon(error);
    release(active.begin()->first);
  }
  for (auto& [id, transfer] : waiting) transfer->abandon(error);
  queued_count -= waiting.size();
  waiting.clear();
}

std::optional<std::string_view> find_header(const HttpHeaders& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [name](const auto& header) {
    return std::equal(name.begin(), name.end(), header.first.begin(), header.first.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
  });
  if (found == headers.end()) return std::nullopt;
  return found->second;
}

void throw_exception_from_error(const HttpFailure& failure, const boost::source_location& where) {
  throw_exception_from_error(failure.error, where);
}

void HttpValve::open() {
  const std::lock_guard lock(mutex_);
  if (open_) open_();
}

void HttpValve::bind(std::function<void()> open) {
  const std::lock_guard lock(mutex_);
  open_ = std::move(open);
}

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

void HttpClient::close() { impl_->stop(); }

void HttpClient::start(HttpCall call, std::function<void(HttpResult)> done) {
  auto url = HttpTransfer::check(call);
  if (!url) return done(HttpFailure{url.error()});
  const std::uint64_t id = impl_->next_id++;
  if (const auto valve = call.valve) {
    valve->bind([impl = impl_.get(), id] { impl->resume(id); });
    done = [valve, done = std::move(done)](HttpResult result) {
      valve->bind(nullptr);
      done(std::move(result));
    };
  }
  impl_->submit(id, std::make_unique<HttpTransfer>(std::move(call), std::move(*url), impl_->options, std::move(done)));
}

Task<HttpResult> HttpClient::fetch(HttpCall call) {
  std::optional<HttpResult> result;
  std::function<void(Resume)> begin = [&](Resume resume) {
    start(std::move(call), [&result, resume](HttpResult outcome) mutable {
      result.emplace(std::move(outcome));
      std::exchange(resume, nullptr)();
    });
  };
  co_await suspend(std::move(begin));
  co_return std::move(*result);
}

std::size_t HttpClient::in_flight() const {
  return impl_->active_count;
}
std::size_t HttpClient::queued() const {
  return impl_->queued_count;
}

}  // namespace lightfast
