// Admits decodes in the order in which they came: at most so many at once, and so much memory together. Any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace lightfast::imaging {

class DecodeBudget {
 public:
  DecodeBudget(unsigned slots, std::uint64_t bytes) : free_slots_(slots), free_bytes_(bytes) {}

  // A slot and its bytes, given back on destruction.
  class Share {
   public:
    Share(DecodeBudget& budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) { budget_.enter(bytes_); }
    ~Share() { budget_.leave(bytes_); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    DecodeBudget& budget_;
    std::uint64_t bytes_;
  };

 private:
  void enter(std::uint64_t bytes);  // blocks; `bytes` must not be more than the whole
  void leave(std::uint64_t bytes);

  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned free_slots_;
  std::uint64_t free_bytes_;
  std::uint64_t next_ticket_ = 0,
                serving_ = 0;  // only the ticket served may enter: a large image is not passed by for ever
};

}  // namespace lightfast::imaging
