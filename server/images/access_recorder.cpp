#include "server/images/access_recorder.h"

#include <algorithm>

#include "db/access.h"

namespace lightfast::images {
namespace {
constexpr std::size_t most_kept = 100'000;  // images, while nothing can be written
// Each turns over some five pages: what is written at once fits into the database's cache, and others get their turn.
constexpr std::size_t most_at_once = 500;

using Accesses = std::span<const db::Access>;

std::vector<db::Access> next_batch(Accesses accesses) {
  const auto batch = accesses.first(std::min(accesses.size(), most_at_once));
  return {batch.begin(), batch.end()};
}

}  // namespace

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

// By id: what was hosted together lies together.
std::vector<db::Access> AccessRecorder::take() {
  source_();
  std::vector<db::Access> accesses;
  {
    const std::lock_guard lock(mutex_);
    accesses.reserve(pending_.size());
    for (auto& [id, access] : pending_) accesses.push_back(std::move(access));
    pending_.clear();
  }
  std::sort(accesses.begin(), accesses.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return accesses;
}

Task<void> AccessRecorder::flush() {
  const auto accesses = take();
  for (Accesses left = accesses; !left.empty();) {
    const auto batch = next_batch(left);
    auto written =
        co_await db::commit(database_, [&](db::Session& session) { return session.images().record_accesses(batch); });
    if (!finish(written, left)) co_return;
    left = left.subspan(batch.size());
  }
}

void AccessRecorder::flush_blocking() {
  const auto accesses = take();
  for (Accesses left = accesses; !left.empty();) {
    const auto batch = next_batch(left);
    const auto written =
        db::commit_blocking(database_, [&](db::Session& session) { return session.images().record_accesses(batch); });
    if (!finish(written, left)) return;
    left = left.subspan(batch.size());
  }
}

// Told once, not every second.
bool AccessRecorder::finish(const Result<void>& written, std::span<const db::Access> unwritten) {
  const std::lock_guard lock(mutex_);
  if (!written) {
    give_back(unwritten);
    if (!failing_) log_.warning("accesses cannot be recorded just now", {{"reason", explain(written.error())}});
  }
  failing_ = !written;
  return !failing_;
}

void AccessRecorder::give_back(std::span<const db::Access> accesses) {
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
