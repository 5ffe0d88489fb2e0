// Eight clients that upload different images as fast as they can, until the server answers no more or they are told to
// stop. Made and destroyed by one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/torture/ledger.h"

namespace lightfast::torture {

inline constexpr unsigned writer_count = 8;

class Writers {
 public:
  // Image numbers are taken from `next_number`, which outlives this.
  Writers(int port, std::atomic<std::uint32_t>& next_number, std::uint64_t seed);
  ~Writers() { finish(); }

  // Waits until that many images were acknowledged, at most `patience`.
  void wait_for(std::uint64_t acknowledged, std::chrono::milliseconds patience) const;

  std::vector<Acknowledged> acknowledged() const;  // until now

  // What is answered from now on counts for nothing.
  void stop_counting() { counting_ = false; }

  // Waits for the writers' end: the server must be dead. What was acknowledged while it counted.
  std::vector<Acknowledged> finish();
  std::uint64_t refused() const { return refused_; }

 private:
  void write(int port, std::uint64_t seed);

  std::atomic<std::uint32_t>& next_number_;
  std::atomic<bool> counting_ = true;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> counted_ = 0;
  mutable std::mutex mutex_;
  std::vector<Acknowledged> acknowledged_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace lightfast::torture
