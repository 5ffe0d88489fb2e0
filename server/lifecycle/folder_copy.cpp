#include "server/lifecycle/folder_copy.h"

#include <unordered_set>

#include "db/access.h"

namespace lightfast::lifecycle {
namespace {

constexpr std::size_t keys_at_once = 500;

Result<std::vector<std::string>> without_row(db::Database& copy, const std::vector<std::string>& keys) {
  auto known = db::read(copy, [&](const db::Session& session) { return session.images().file_keys_of(keys); });
  if (!known) return known.error();
  const std::unordered_set<std::string> wanted(known->begin(), known->end());
  std::vector<std::string> surplus = keys;
  std::erase_if(surplus, [&](const std::string& key) { return wanted.contains(key); });
  return surplus;
}

}  // namespace

Result<void> FolderCopy::require_room(const std::stop_token& stop) {
  std::uint64_t needed = 0;
  auto compared = source_.each(stop, [&](const db::StoredFile& file) -> Result<void> {
    auto is_there = has_its_size(file);
    if (!is_there) return is_there.error();
    if (!*is_there) needed += file.file_size;
    return {};
  });
  if (!compared) return compared;
  return folder_.require_room(needed);
}

Result<void> FolderCopy::copy(const db::StoredFile& file) {
  auto is_there = has_its_size(file);
  if (!is_there) return is_there.error();
  if (*is_there && (trust_ == Trust::sizes || !there_.prove(file))) {
    count(file, Came::was_there);
    return {};
  }
  auto spool = folder_.images().create_spool();
  if (!spool) return spool.error();
  const auto failure = source_.read(file, [&](auto bytes) { return (*spool)->append(bytes); });
  if (failure && !failure->is_lost) return failure->error;
  if (failure) {
    const std::lock_guard lock(mutex_);
    if (!file.purging) add_lost(report_, file, failure->error);
    return {};
  }
  const storage::BlobKey key{file.file_key};
  if (auto removed = folder_.images().remove(key); !removed && removed.error().code != Errc::not_found) return removed;
  if (auto put = folder_.images().put(key, std::move(*spool)); !put) return put.error();
  count(file, Came::copied);
  return {};
}

void FolderCopy::count(const db::StoredFile& file, Came how) {
  const std::lock_guard lock(mutex_);
  add_kept(report_, file);
  if (how == Came::was_there) return;
  report_.copied += 1;
  report_.copied_bytes += file.file_size;
}

Result<bool> FolderCopy::has_its_size(const db::StoredFile& file) {
  auto status = folder_.images().status({file.file_key});
  if (status) return status->size_bytes == file.file_size;
  if (status.error().code == Errc::not_found) return false;
  return status.error();
}

Result<void> FolderCopy::remove_surplus(db::Database& copy) {
  std::vector<std::string> keys, surplus;
  Result<void> compared;
  const auto compare = [&] {
    auto strangers = without_row(copy, keys);
    if (!strangers) {
      compared = strangers.error();
      return false;
    }
    surplus.insert(surplus.end(), strangers->begin(), strangers->end());
    keys.clear();
    return true;
  };
  auto listed = folder_.images().list([&](const storage::BlobKey& key) {
    if (storage::parse_blob_key(key)) keys.push_back(key.text);
    return keys.size() < keys_at_once || compare();
  });
  if (!listed) return listed;
  if (!compared || !compare()) return compared;
  for (const auto& key : surplus) {
    if (auto removed = folder_.images().remove({key}); !removed) return removed;
    report_.removed += 1;
  }
  return {};
}

}  // namespace lightfast::lifecycle
