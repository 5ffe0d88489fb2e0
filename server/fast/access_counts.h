// Who was sent, and how often: counted in the answers themselves without a lock, gathered once in a while. An answer
// that was counted since the last time stands in a list of such (a lock-free stack that is only ever taken whole).
// Any thread.
#pragma once

#include "server/fast/ready_answer.h"

namespace lightfast::fast {

class AccessCounts {
 public:
  AccessCounts() = default;
  ~AccessCounts() {
    gather([](const ReadyAnswer&, std::uint64_t, std::uint64_t) {});
  }
  AccessCounts(const AccessCounts&) = delete;
  AccessCounts& operator=(const AccessCounts&) = delete;

  void count(const std::shared_ptr<ReadyAnswer>& answer, std::uint64_t bytes) {
    if (bytes > 0) answer->accessed_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (answer->accesses_.fetch_add(1, std::memory_order_acq_rel) > 0) return;  // in the list already
    answer->self_ = answer;
    answer->next_ = first_.load(std::memory_order_relaxed);
    while (!first_.compare_exchange_weak(answer->next_, answer.get(), std::memory_order_release)) {
    }
  }

  // Calls `take(answer, accesses, bytes)` for every answer that was counted, and begins anew.
  template <class Take>
  void gather(Take take) {
    ReadyAnswer* answer = first_.exchange(nullptr, std::memory_order_acquire);
    while (answer) {
      // Read before its count is zero: from then on it may be put into the list again.
      const auto kept = std::move(answer->self_);
      ReadyAnswer* const next = answer->next_;
      const auto accesses = answer->accesses_.exchange(0, std::memory_order_acq_rel);
      const auto bytes = answer->accessed_bytes_.exchange(0, std::memory_order_relaxed);
      take(*kept, accesses, bytes);
      answer = next;
    }
  }

 private:
  std::atomic<ReadyAnswer*> first_ = nullptr;
};

}  // namespace lightfast::fast
