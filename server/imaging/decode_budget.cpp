#include "server/imaging/decode_budget.h"

namespace lightfast::imaging {

void DecodeBudget::enter(std::uint64_t bytes) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  changed_.wait(lock, [&] { return ticket == serving_ && free_slots_ > 0 && bytes <= free_bytes_; });
  ++serving_;
  --free_slots_;
  free_bytes_ -= bytes;
  changed_.notify_all();
}

void DecodeBudget::leave(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++free_slots_;
  free_bytes_ += bytes;
  changed_.notify_all();
}

}  // namespace lightfast::imaging
