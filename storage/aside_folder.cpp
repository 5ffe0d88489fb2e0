#include "storage/aside_folder.h"

#include "storage/blob_path.h"

namespace lightfast::storage {

Result<std::string> AsideFolder::take(const std::filesystem::path& from, const BlobKey& key) {
  std::string name = aside_name(key);
  Result<void> moved = files_.rename(from, path_ / name);
  if (!moved && moved.error().code == Errc::conflict) {
    // A file of this name was set aside before, and another came to its place since.
    name = another_aside_name(key);
    moved = files_.rename(from, path_ / name);
  }
  if (!moved) return moved.error();
  if (const Result<void> synced = make_durable(); !synced) return synced.error();
  return name;
}

Result<void> AsideFolder::list(const std::function<bool(const std::string& name)>& visit) {
  return files_.list(path_, visit);
}

Result<UniqueFd> AsideFolder::open(const std::string& name) {
  return files_.open_beneath(path_, name);
}

}  // namespace lightfast::storage
