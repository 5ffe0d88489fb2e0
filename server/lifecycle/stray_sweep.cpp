#include "server/lifecycle/stray_sweep.h"

#include <unordered_set>

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {
constexpr std::size_t batch_size = 500;
}

StraySweep::StraySweep(storage::Storage& storage, db::Database& database, const ingest::InFlight& in_flight,
                       Workers& readers, Logger& log)
    : storage_(storage), database_(database), in_flight_(in_flight), readers_(readers), log_(log) {}

Task<Result<std::size_t>> StraySweep::run(std::stop_token stop) {
  auto moved = co_await readers_.run([&] { return run_blocking(stop); });
  co_return moved;
}

Result<std::size_t> StraySweep::run_blocking(const std::stop_token& stop) {
  std::size_t moved = 0;
  std::vector<std::string> batch;
  Result<void> swept;
  const auto sweep_batch = [&] {
    auto count = sweep(batch);
    if (!count)
      swept = count.error();
    else
      moved += *count;
    batch.clear();
    return count.has_value();
  };
  auto listed = storage_.list([&](const storage::BlobKey& key) {
    batch.push_back(key.text);
    return !stop.stop_requested() && (batch.size() < batch_size || sweep_batch());
  });
  if (!listed) return listed.error();
  if (swept && !batch.empty() && !stop.stop_requested()) sweep_batch();
  if (!swept) return swept.error();
  return moved;
}

Result<std::vector<std::string>> StraySweep::known(const std::vector<std::string>& keys) {
  return db::read(database_, [&](const db::Session& session) { return session.images().file_keys_of(keys); });
}

// A file may be listed before its row is committed: whatever seems to be a stray is asked for again once it is certain
// that nobody is storing it.
Result<std::size_t> StraySweep::sweep(const std::vector<std::string>& keys) {
  auto rows = known(keys);
  if (!rows) return rows.error();
  const std::unordered_set<std::string> with_row(rows->begin(), rows->end());
  std::vector<std::string> suspects;
  for (const auto& key : keys) {
    if (!with_row.contains(key) && !in_flight_.contains(storage::BlobKey{key})) suspects.push_back(key);
  }
  if (suspects.empty()) return std::size_t{0};
  auto late = known(suspects);
  if (!late) return late.error();
  if (auto sound = database_.require_changeable(); !sound) return sound.error();  // it may not tell all its rows
  const std::unordered_set<std::string> late_rows(late->begin(), late->end());
  std::size_t moved = 0;
  for (const auto& key : suspects) {
    if (late_rows.contains(key)) continue;
    auto set_aside = storage_.set_aside({key}, storage::Aside::lost_and_found);
    if (!set_aside && set_aside.error().code == Errc::not_found) continue;
    if (!set_aside) return set_aside.error();
    log_.warning("a file without a record was moved to lost+found", {{"file", key}});
    ++moved;
  }
  return moved;
}

}  // namespace lightfast::lifecycle
