#include "server/lifecycle/stray_finder.h"

#include <unordered_set>

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {
constexpr std::size_t batch_size = 500;
}

Result<void> StrayFinder::each(const Visit& visit, Progress& progress, const std::stop_token& stop) {
  std::vector<std::string> batch;
  Result<void> outcome;
  auto listed = storage_.list([&](const storage::BlobKey& key) {
    batch.push_back(key.text);
    if (batch.size() < batch_size) return !stop.stop_requested();
    outcome = look_at(batch, visit);
    progress.done += batch.size();
    batch.clear();
    return outcome && !stop.stop_requested();
  });
  if (!outcome) return outcome;
  if (!listed) return listed;
  if (stop.stop_requested()) return {};
  outcome = look_at(batch, visit);
  progress.done += batch.size();
  return outcome;
}

Result<std::vector<std::string>> StrayFinder::without_row(const std::vector<std::string>& keys) {
  auto known = db::read(database_, [&](const db::Session& session) { return session.images().file_keys_of(keys); });
  if (!known) return known.error();
  const std::unordered_set<std::string> with_row(known->begin(), known->end());
  std::vector<std::string> rest;
  for (const auto& key : keys) {
    if (!with_row.contains(key)) rest.push_back(key);
  }
  return rest;
}

// A file may be listed before its row is committed: whatever seems to be a stray is asked for again once it is certain
// that nobody is storing it. A removal unlinks before it drops the row: what is without a row then and still there is
// nobody's.
Result<void> StrayFinder::look_at(const std::vector<std::string>& keys, const Visit& visit) {
  auto suspects = without_row(keys);
  if (!suspects) return suspects.error();
  std::erase_if(*suspects, [&](const std::string& key) { return in_flight_.contains({key}); });
  if (suspects->empty()) return {};
  auto strays = without_row(*suspects);
  if (!strays) return strays.error();
  if (strays->empty()) return {};
  if (auto sound = database_.require_changeable(); !sound) return sound;  // it may not tell all its rows
  for (const auto& key : *strays) {
    auto entry = storage_.look({key});
    if (!entry) return entry.error();
    if (*entry == storage::Entry::nothing) continue;
    if (auto visited = visit({key}); !visited) return visited;
  }
  return {};
}

}  // namespace lightfast::lifecycle
