// When images were last read and how often: counted in memory at no cost to the reader, written in batches.
// Any thread.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "db/database.h"

namespace lightfast::images {

class AccessRecorder {
 public:
  AccessRecorder(db::Database& database, const Clock& clock, Logger& log);

  void record(const ImageId& id, std::uint64_t bytes);

  // Writes what was counted since the last time.
  Task<void> flush();
  void flush_blocking();

 private:
  std::vector<db::Access> take();
  void report(const Result<void>& written, std::size_t count);

  db::Database& database_;
  const Clock& clock_;
  Logger& log_;
  std::mutex mutex_;
  std::unordered_map<ImageId, db::Access> pending_;
};

}  // namespace lightfast::images
