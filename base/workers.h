// A bounded pool of threads for plain blocking work (disk, SQLite, pixels), behind one door: co_await pool.run(fn).
// A full queue fails at once with Errc::overloaded instead of growing. Any thread may call; the pool must outlive
// its callers, and its destructor finishes what was accepted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "base/error.h"
#include "base/task.h"

namespace lightfast {

class Workers {
 public:
  Workers(std::string name, unsigned threads, std::size_t queue_limit);  // the name shows in `ps -L` and in metrics
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `job` on a thread of the pool; false if the queue is full. The job must not throw.
  bool try_post(std::function<void()> job);
  std::size_t queued() const;
  const std::string& name() const { return name_; }

  // Runs `fn` (returning Result<T>) on the pool and resumes the caller on its own executor with the result.
  // Errc::overloaded when the queue is full. `fn` and what it refers to live until it has run.
  template <class Fn>
  Task<std::invoke_result_t<Fn&>> run(Fn fn);

 private:
  Task<bool> run_job(std::function<void()> job);  // false if the queue is full
  Error too_busy() const;

  struct Impl;
  std::string name_;
  std::unique_ptr<Impl> impl_;
};

template <class Fn>
Task<std::invoke_result_t<Fn&>> Workers::run(Fn fn) {
  std::optional<std::invoke_result_t<Fn&>> result;
  std::function<void()> job = [&] { result.emplace(fn()); };
  const bool has_run = co_await run_job(std::move(job));
  if (!has_run) co_return too_busy();
  co_return std::move(*result);
}

}  // namespace lightfast
