#include "base/workers.h"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/suspend.h"

namespace lightfast {

struct Workers::Impl {
  explicit Impl(std::size_t limit) : in_hand_limit(limit) {}
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::function<void()> job = std::move(queue.front());
      queue.pop_front();
      ++running;
      lock.unlock();
      job();
      job = nullptr;  // what the job holds is let go outside the lock
      lock.lock();
      --running;
    }
  }

  // Queued and running together: a job given to an idle thread doesn't count as waiting.
  const std::size_t in_hand_limit;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> queue;
  std::size_t running = 0;
  bool stopping = false;
  std::vector<std::thread> threads;
};

Workers::Workers(std::string name, unsigned threads, std::size_t queue_limit)
    : name_(std::move(name)), impl_(std::make_unique<Impl>(threads + queue_limit)) {
  const std::string thread_name = name_.substr(0, 15);  // the kernel keeps no more
  for (unsigned i = 0; i < threads; ++i) {
    std::thread& thread = impl_->threads.emplace_back([impl = impl_.get()] { impl->work(); });
    pthread_setname_np(thread.native_handle(), thread_name.c_str());
  }
}

Workers::~Workers() = default;

bool Workers::try_post(std::function<void()> job) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping || impl_->queue.size() + impl_->running >= impl_->in_hand_limit) return false;
    impl_->queue.push_back(std::move(job));
  }
  impl_->wake.notify_one();
  return true;
}

Task<bool> Workers::run_job(std::function<void()> job) {
  bool has_run = false;
  std::function<void(Resume)> begin = [&](Resume resume) {
    const auto run = [&job, &has_run, resume]() mutable {
      job();
      has_run = true;
      std::exchange(resume, nullptr)();
    };
    if (!try_post(run)) resume();
  };
  co_await suspend(std::move(begin));
  co_return has_run;
}

Error Workers::too_busy() const {
  return {Errc::overloaded, "too much is waiting for " + name_ + " workers; try again in a moment",
          std::chrono::seconds(1)};
}

std::size_t Workers::queued() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->queue.size();
}

}  // namespace lightfast
