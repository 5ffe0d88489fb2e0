// The keys of blobs that are being stored just now: their file may lie there before their row does, and the sweep
// for strays must leave them alone. Any thread.
#pragma once

#include <mutex>
#include <string>
#include <unordered_set>

#include "storage/storage.h"

namespace lightfast::ingest {

class InFlight {
 public:
  class Entry {
   public:
    Entry(InFlight& owner, storage::BlobKey key) : owner_(owner), key_(std::move(key)) {
      const std::lock_guard lock(owner_.mutex_);
      owner_.keys_.insert(key_.text);
    }
    ~Entry() {
      const std::lock_guard lock(owner_.mutex_);
      owner_.keys_.erase(key_.text);
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    InFlight& owner_;
    storage::BlobKey key_;
  };

  bool contains(const storage::BlobKey& key) const {
    const std::lock_guard lock(mutex_);
    return keys_.contains(key.text);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::string> keys_;
};

}  // namespace lightfast::ingest
