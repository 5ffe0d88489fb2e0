#include "server/ingest/download_sink.h"

#include <algorithm>

namespace lightfast::ingest {
namespace {

constexpr std::size_t max_pending_bytes = 256 << 10;
constexpr std::size_t first_bytes_kept = 512;

}  // namespace

DownloadSink::DownloadSink(SpoolWriter writer, Workers& workers) : workers_(workers), writer_(std::move(writer)) {}

Result<HttpFlow> DownloadSink::take(std::span<const std::byte> piece) {
  const std::lock_guard lock(mutex_);
  if (error_) return *error_;
  const bool is_full = !pending_.empty() && pending_.size() + piece.size() > max_pending_bytes;
  if (!is_full) pending_.insert(pending_.end(), piece.begin(), piece.end());
  // A pool that is busy now may have room at the next piece, but one that would have to open the valve must have taken
  // the work.
  if (!schedule() && is_full) {
    return Error{Errc::overloaded, "too much is waiting to be written; try again in a moment", std::chrono::seconds(1)};
  }
  if (is_full) paused_ = true;
  return is_full ? HttpFlow::pause : HttpFlow::go_on;
}

bool DownloadSink::schedule() {
  if (!scheduled_) scheduled_ = workers_.try_post([self = shared_from_this()] { self->drain(); });
  return scheduled_;
}

void DownloadSink::drain() {
  const std::lock_guard writing(writing_);
  {
    // What is taken from here on schedules anew; it waits for writing_, so the order stays.
    const std::lock_guard lock(mutex_);
    scheduled_ = false;
  }
  const auto written = write_pending();
  (void)written;  // kept in error_, and told at the next take() or finish()
}

Result<void> DownloadSink::write_pending() {
  std::vector<std::byte> bytes;
  bool open_valve = false;
  {
    const std::lock_guard lock(mutex_);
    if (error_) return *error_;
    bytes.swap(pending_);
    open_valve = std::exchange(paused_, false);
  }
  if (open_valve) valve_->open();
  if (bytes.empty()) return {};
  if (first_bytes_.empty()) {
    first_bytes_.assign(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), first_bytes_kept));
  }
  const auto appended = writer_.append(bytes);
  if (!appended) {
    const std::lock_guard lock(mutex_);
    error_ = appended.error();
  }
  return appended;
}

Result<DownloadedBytes> DownloadSink::finish() {
  const std::lock_guard writing(writing_);
  if (const auto written = write_pending(); !written) return written.error();
  const std::uint64_t size_bytes = writer_.size_bytes();
  return DownloadedBytes{writer_.finish(), size_bytes, std::move(first_bytes_)};
}

}  // namespace lightfast::ingest
