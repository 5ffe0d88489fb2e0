// Bounds how many do something at once (download, call a provider), and lets the most urgent go first. One executor.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/task.h"

namespace lightfast::jobs {

class UrgencyQueue {
 public:
  explicit UrgencyQueue(unsigned slots) : free_(slots) {}

  // A place among those at work; given back when it goes out of scope.
  class Place {
   public:
    explicit Place(UrgencyQueue& queue) : queue_(&queue) {}
    Place(Place&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (queue_ != nullptr) queue_->give_back();
    }

   private:
    UrgencyQueue* queue_;
  };

  // Waits for a place; of those waiting the one whose time is earliest is next, those without one last.
  Task<Place> enter(std::optional<Timestamp> urgent_by);

  std::size_t waiting() const { return waiting_.size(); }

 private:
  void give_back();

  unsigned free_;
  std::multimap<Timestamp, std::shared_ptr<boost::asio::steady_timer>> waiting_;
};

}  // namespace lightfast::jobs
