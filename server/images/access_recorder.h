// When images were last read and how often: counted in memory at no cost to the reader, written in batches.
// Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "base/task.h"
#include "db/database.h"

namespace lightfast::images {

class AccessRecorder {
 public:
  AccessRecorder(db::Database& database, const Clock& clock, Logger& log);

  void record(const ImageId& id, std::uint64_t bytes, std::uint64_t accesses = 1);

  // Someone who counts on his own: asked to record() what he has, before anything is written. Before the first flush.
  void ask_first(std::function<void()> source) { source_ = std::move(source); }

  // Writes what was counted since the last time; what cannot be written is kept for the next.
  Task<void> flush();
  void flush_blocking();

 private:
  std::vector<db::Access> take();
  bool finish(const Result<void>& written, std::span<const db::Access> unwritten);  // false: it was not written
  void give_back(std::span<const db::Access> accesses);

  db::Database& database_;
  const Clock& clock_;
  Logger& log_;
  std::function<void()> source_ = [] {};
  std::mutex mutex_;
  std::unordered_map<ImageId, db::Access> pending_;
  bool failing_ = false;
};

}  // namespace lightfast::images
