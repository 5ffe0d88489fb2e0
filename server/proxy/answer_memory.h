// What one answer of a provider holds of a budget for all that are changed on their way: the more, the more of it has
// come. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory_budget.h"

namespace lightfast::proxy {

class AnswerMemory {
 public:
  static constexpr std::uint64_t uncounted = 64 << 10;  // so short is most of what comes; connections bound it
  static constexpr std::uint64_t copies = 4;            // its text, its JSON, its images, the text that goes on

  explicit AnswerMemory(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}

  // Whether so many bytes of text may be held, with what is made of them.
  bool covers(std::uint64_t bytes) {
    if (bytes <= covered_) return true;
    const auto more = std::max(bytes - covered_, std::min(covered_, step));
    auto share = budget_->take(copies * more);
    if (!share) return false;
    shares_.push_back(std::move(*share));
    covered_ += more;
    return true;
  }

  void release() {
    shares_.clear();
    covered_ = uncounted;
  }

  bool is_counted() const { return !shares_.empty(); }

 private:
  static constexpr std::uint64_t step = 8 << 20;

  std::shared_ptr<MemoryBudget> budget_;  // outlives the shares
  std::vector<MemoryBudget::Share> shares_;
  std::uint64_t covered_ = uncounted;
};

}  // namespace lightfast::proxy
