// The way of a download's bytes from the HTTP client's thread to a spool: taken without blocking, written by the pool
// of writers, held back when the disk is slower than the network. Shared between those threads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "base/workers.h"
#include "server/ingest/spool_writer.h"

namespace lightfast::ingest {

struct DownloadedBytes {
  SpooledBytes spooled;
  std::uint64_t size_bytes = 0;
  std::string first_bytes;  // at most 512, to say what it is if it is no image
};

class DownloadSink : public std::enable_shared_from_this<DownloadSink> {
 public:
  // `workers` outlives what was taken.
  DownloadSink(SpoolWriter writer, Workers& workers);

  // For the call whose sink this is.
  const std::shared_ptr<HttpValve>& valve() const { return valve_; }

  // Never blocks. `pause` while too much waits for the disk: the valve is opened when there is room again.
  // The error of an earlier write, or Errc::overloaded where the pool takes nothing more.
  Result<HttpFlow> take(std::span<const std::byte> piece);

  // Blocking, on a worker: writes what is left. Once, after the last take(); the sink is spent then.
  Result<DownloadedBytes> finish();

 private:
  bool schedule();  // with mutex_ held
  void drain();
  Result<void> write_pending();

  Workers& workers_;
  const std::shared_ptr<HttpValve> valve_ = std::make_shared<HttpValve>();

  std::mutex mutex_;  // guards these; never held while writing
  std::vector<std::byte> pending_;
  bool scheduled_ = false;
  bool paused_ = false;
  std::optional<Error> error_;

  std::mutex writing_;  // one thread at a time writes; guards these
  SpoolWriter writer_;
  std::string first_bytes_;
};

}  // namespace lightfast::ingest
