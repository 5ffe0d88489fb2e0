#include "server/images/access_recorder.h"

#include "db/access.h"

namespace lightfast::images {

AccessRecorder::AccessRecorder(db::Database& database, const Clock& clock, Logger& log)
    : database_(database), clock_(clock), log_(log) {}

void AccessRecorder::record(const ImageId& id, std::uint64_t bytes) {
  const Timestamp now = clock_.now();
  const std::lock_guard lock(mutex_);
  db::Access& access = pending_.try_emplace(id, db::Access{id, now, 0, 0}).first->second;
  access.last = now;
  access.count += 1;
  access.bytes += bytes;
}

std::vector<db::Access> AccessRecorder::take() {
  const std::lock_guard lock(mutex_);
  std::vector<db::Access> accesses;
  accesses.reserve(pending_.size());
  for (auto& [id, access] : pending_) accesses.push_back(std::move(access));
  pending_.clear();
  return accesses;
}

Task<void> AccessRecorder::flush() {
  const auto accesses = take();
  if (accesses.empty()) co_return;
  auto written =
      co_await db::commit(database_, [&](db::Session& session) { return session.images().record_accesses(accesses); });
  report(written, accesses.size());
}

void AccessRecorder::flush_blocking() {
  const auto accesses = take();
  if (accesses.empty()) return;
  report(
      db::commit_blocking(database_, [&](db::Session& session) { return session.images().record_accesses(accesses); }),
      accesses.size());
}

void AccessRecorder::report(const Result<void>& written, std::size_t count) {
  if (!written)
    log_.warning("accesses could not be recorded", {{"images", count}, {"reason", explain(written.error())}});
}

}  // namespace lightfast::images
