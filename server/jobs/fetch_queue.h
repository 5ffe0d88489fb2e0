// Bounds how many downloads run at once, and lets the URL that fades soonest go first. One executor.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/task.h"

namespace lightfast::jobs {

class FetchQueue {
 public:
  explicit FetchQueue(unsigned slots) : free_(slots) {}

  // A place among those that download; given back when it goes out of scope.
  class Place {
   public:
    explicit Place(FetchQueue& queue) : queue_(&queue) {}
    Place(Place&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (queue_ != nullptr) queue_->give_back();
    }

   private:
    FetchQueue* queue_;
  };

  // Waits for a place; of those waiting the one whose `fades_at` is earliest is next, unknown ones last.
  Task<Place> enter(std::optional<Timestamp> fades_at);

  std::size_t waiting() const { return waiting_.size(); }

 private:
  void give_back();

  unsigned free_;
  std::multimap<Timestamp, std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace lightfast::jobs
