#include "server/jobs/once.h"

namespace lightfast::jobs {
namespace {
constexpr std::chrono::minutes longest_wait{10};
std::string name_of(const IdempotencyKey& key) {
  return key.caller + "\n" + key.key;
}
}  // namespace

Task<Result<Answer>> Once::run(std::optional<IdempotencyKey> key, std::function<Task<Result<Answer>>()> work) {
  if (!key) co_return co_await work();
  for (int round = 0; round < 3; ++round) {
    auto ticket = co_await finished_.enrol(name_of(*key));
    auto earlier = co_await store_.begin(*key);
    if (!earlier) co_return earlier.error();
    if (!*earlier) co_return co_await run_and_keep(std::move(*key), work);
    if ((*earlier)->status != 0) co_return Answer{(*earlier)->status, std::move((*earlier)->response)};
    co_await Waiters::wait(std::move(ticket), longest_wait);  // then look again: kept, or failed and free
  }
  co_return Error{Errc::conflict, "a request with this Idempotency-Key is still under way"};
}

Task<Result<Answer>> Once::run_and_keep(IdempotencyKey key, const std::function<Task<Result<Answer>>()>& work) {
  auto answer = co_await work();
  Result<void> recorded;
  if (answer)
    recorded = co_await store_.keep_answer(key, answer->status, answer->json);
  else
    recorded = co_await store_.forget(key);
  if (!recorded)
    log_.warning("an answer could not be kept for its Idempotency-Key", {{"reason", explain(recorded.error())}});
  finished_.notify(name_of(key));
  co_return answer;
}

}  // namespace lightfast::jobs
