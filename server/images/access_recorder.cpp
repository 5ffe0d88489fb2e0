#include "server/images/access_recorder.h"

#include "db/access.h"

namespace lightfast::images {
namespace {
constexpr std::size_t most_kept = 100'000;  // images, while nothing can be written
}

AccessRecorder::AccessRecorder(db::Database& database, const Clock& clock, Logger& log)
    : database_(database), clock_(clock), log_(log) {}

void AccessRecorder::record(const ImageId& id, std::uint64_t bytes, std::uint64_t accesses) {
  const Timestamp now = clock_.now();
  const std::lock_guard lock(mutex_);
  db::Access& access = pending_.try_emplace(id, db::Access{id, now, 0, 0}).first->second;
  access.last = now;
  access.count += accesses;
  access.bytes += bytes;
}

std::vector<db::Access> AccessRecorder::take() {
  source_();
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
  finish(written, accesses);
}

void AccessRecorder::flush_blocking() {
  const auto accesses = take();
  if (accesses.empty()) return;
  auto written =
      db::commit_blocking(database_, [&](db::Session& session) { return session.images().record_accesses(accesses); });
  finish(written, accesses);
}

// Told once, not every second.
void AccessRecorder::finish(const Result<void>& written, const std::vector<db::Access>& accesses) {
  const std::lock_guard lock(mutex_);
  if (!written) {
    give_back(accesses);
    if (!failing_) log_.warning("accesses cannot be recorded just now", {{"reason", explain(written.error())}});
  }
  failing_ = !written;
}

void AccessRecorder::give_back(const std::vector<db::Access>& accesses) {
  for (const auto& access : accesses) {
    const auto kept = pending_.find(access.id);
    if (kept != pending_.end()) {
      kept->second.count += access.count;
      kept->second.bytes += access.bytes;
    } else if (pending_.size() < most_kept) {
      pending_.emplace(access.id, access);
    }
  }
}

}  // namespace lightfast::images
