// Bounds what all requests together hold in memory. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/error.h"

namespace lightfast {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t bytes) : free_(static_cast<std::int64_t>(bytes)) {}

  class Share {
   public:
    Share(MemoryBudget& owner, std::int64_t bytes) : owner_(&owner), bytes_(bytes) {}
    Share(Share&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), bytes_(other.bytes_) {}
    Share& operator=(Share&&) = delete;
    ~Share() {
      if (owner_ != nullptr) owner_->free_ += bytes_;
    }

   private:
    MemoryBudget* owner_;
    std::int64_t bytes_;
  };

  // Errc::overloaded when there is not that much left.
  Result<Share> take(std::uint64_t bytes) {
    const auto wanted = static_cast<std::int64_t>(bytes);
    if (free_.fetch_sub(wanted) < wanted) {
      free_ += wanted;
      return Error{Errc::overloaded, "too many large bodies at once; try again in a moment", std::chrono::seconds(1)};
    }
    return Share(*this, wanted);
  }

 private:
  std::atomic<std::int64_t> free_;
};

}  // namespace lightfast
