#include "server/jobs/once.h"

namespace lightfast::jobs {
namespace {
constexpr std::chrono::minutes longest_wait{10};
std::string name_of(const IdempotencyKey& key) {
  return key.caller + "\n" + key.key;
}
}  // namespace

// Whoever entered leaves, whatever becomes of the work.
class Once::Turn {
 public:
  Turn(Once& once, std::string name) : once_(once), name_(std::move(name)) {}
  ~Turn() { once_.leave(name_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Once& once_;
  const std::string name_;
};

Task<Result<Answer>> Once::run(std::optional<IdempotencyKey> key, std::function<Task<Result<Answer>>()> work) {
  if (!key) co_return co_await work();
  const std::string name = name_of(*key);
  for (int round = 0; round < 3; ++round) {
    auto ticket = co_await finished_.enrol(name);
    const bool first = enter(name);
    auto earlier = co_await store_.begin(*key);
    const bool known = earlier && *earlier && (*earlier)->status != 0;
    if (first && earlier && !known) co_return co_await run_and_keep(std::move(*key), work);
    if (first) leave(name);
    if (!earlier) co_return earlier.error();
    if (known) co_return Answer{(*earlier)->status, std::move((*earlier)->response)};
    co_await Waiters::wait(std::move(ticket), longest_wait);  // then look again: kept, or failed and free
  }
  co_return Error{Errc::conflict, "a request with this Idempotency-Key is still under way"};
}

bool Once::enter(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return running_.insert(name).second;
}

void Once::leave(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    running_.erase(name);
  }
  finished_.notify(name);
}

Task<Result<Answer>> Once::run_and_keep(IdempotencyKey key, const std::function<Task<Result<Answer>>()>& work) {
  const Turn turn(*this, name_of(key));
  auto answer = co_await work();
  Result<void> recorded;
  if (answer)
    recorded = co_await store_.keep_answer(key, answer->status, answer->json);
  else
    recorded = co_await store_.forget(key);
  if (!recorded)
    log_.warning("an answer could not be kept for its Idempotency-Key", {{"reason", explain(recorded.error())}});
  co_return answer;
}

}  // namespace lightfast::jobs
