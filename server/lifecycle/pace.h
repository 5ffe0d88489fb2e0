// Holds a long reading down to so many bytes a second, so that it stands in nobody's way. One thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace lightfast::lifecycle {

class Pace {
 public:
  static constexpr std::uint64_t least_counted = 64 << 10;  // of a piece: finding and opening a small file has its cost

  Pace(std::uint64_t bytes_per_second, std::stop_token stop)
      : bytes_per_second_(bytes_per_second), stop_(std::move(stop)) {}

  // To be told after each piece that was read: waits until the next one is due. False when asked to stop.
  bool operator()(std::size_t bytes) {
    using std::chrono::steady_clock;
    const auto counted = std::max<std::uint64_t>(bytes, least_counted);
    const std::chrono::nanoseconds cost(counted * 1'000'000'000 / bytes_per_second_);
    due_ = std::max(due_, steady_clock::now()) + cost;
    std::unique_lock lock(mutex_);
    wake_.wait_until(lock, stop_, due_, [] { return false; });
    return !stop_.stop_requested();
  }

 private:
  const std::uint64_t bytes_per_second_;
  const std::stop_token stop_;
  std::chrono::steady_clock::time_point due_{};
  std::mutex mutex_;
  std::condition_variable_any wake_;
};

}  // namespace lightfast::lifecycle
