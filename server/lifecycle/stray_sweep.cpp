#include "server/lifecycle/stray_sweep.h"

#include "server/lifecycle/paged_records.h"

namespace lightfast::lifecycle {
namespace {
constexpr std::uint32_t batch_size = 100;
}

Task<Result<StraySweep::Swept>> StraySweep::run(std::stop_token stop) {
  auto swept = co_await workers_.run([&]() -> Result<Swept> {
    auto removals = finish_removals(stop);
    if (!removals) return removals.error();
    auto strays = move_strays(stop);
    if (!strays) return strays.error();
    return Swept{*strays, *removals};
  });
  co_return swept;
}

Result<std::uint64_t> StraySweep::move_strays(const std::stop_token& stop) {
  std::uint64_t moved = 0;
  Progress progress;
  auto swept = finder_.each(
      [&](const storage::BlobKey& key) -> Result<void> {
        auto name = storage_.set_aside(key, storage::Aside::lost_and_found);
        if (!name && name.error().code == Errc::not_found) return {};
        if (!name) return name.error();
        log_.warning("a file without a record was moved to lost+found", {{"file", key.text}});
        ++moved;
        return {};
      },
      progress, stop);
  if (!swept) return swept.error();
  return moved;
}

// What is marked cannot be restored any more; only its file, or its row, is left.
Result<std::uint64_t> StraySweep::finish_removals(const std::stop_token& stop) {
  std::uint64_t finished = 0;
  const PagedRecords records(database_);
  db::RetentionQuery query;
  query.limit = batch_size;
  while (!stop.stop_requested()) {
    auto page = records.purging(query);
    if (!page) return page.error();
    if (page->empty()) break;
    std::vector<ImageId> ids;
    for (const auto& image : *page) ids.push_back(image.id);
    auto outcome = eraser_.erase(
        ids, [](const db::ImageRecord&) { return true; }, stop);
    if (!outcome) return outcome.error();
    finished += outcome->erased.size();
    if (outcome->failures > 0) {
      log_.error("removed images' files could not be unlinked",
                 {{"files", outcome->failures}, {"reason", outcome->failure}});
    }
    query.after = std::move(page->back());
  }
  if (finished > 0) log_.info("finished removals that were cut off", {{"images", finished}});
  return finished;
}

}  // namespace lightfast::lifecycle
