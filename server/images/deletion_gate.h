// Holds back the unlinking of images' files while someone copies them or compares them with their rows: who unlinks
// enters (many at once), who needs every file to stay holds. Removal itself, which only marks a row, is never held
// back. Any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace lightfast::images {

class DeletionGate {
 public:
  // While it lives, files may be unlinked and their rows dropped.
  class Pass {
   public:
    explicit Pass(DeletionGate& gate) : gate_(&gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave();
    }

   private:
    DeletionGate* gate_;
  };

  // While it lives, no file is unlinked.
  class Hold {
   public:
    explicit Hold(DeletionGate& gate) : gate_(&gate) {}
    Hold(Hold&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (gate_ != nullptr) gate_->release();
    }

   private:
    DeletionGate* gate_;
  };

  // nullopt while someone holds.
  std::optional<Pass> try_enter() {
    const std::lock_guard lock(mutex_);
    if (holders_ > 0) return std::nullopt;
    ++inside_;
    return std::optional<Pass>(std::in_place, *this);
  }
  // Waits until nobody holds; nullopt when asked to stop before that.
  std::optional<Pass> enter(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return holders_ == 0; })) return std::nullopt;
    ++inside_;
    return std::optional<Pass>(std::in_place, *this);
  }
  // Lets nobody enter from here on, and waits until those inside have left. Several may hold at once.
  Hold hold() {
    std::unique_lock lock(mutex_);
    ++holders_;
    changed_.wait(lock, [this] { return inside_ == 0; });
    return Hold(*this);
  }

 private:
  void leave() {
    const std::lock_guard lock(mutex_);
    --inside_;
    changed_.notify_all();
  }
  void release() {
    const std::lock_guard lock(mutex_);
    --holders_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  int inside_ = 0;
  int holders_ = 0;
};

}  // namespace lightfast::images
