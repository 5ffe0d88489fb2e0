// A folder beside the images for files that were taken out of their place, under flat names that still tell where each
// lay. Nothing in it is ever overwritten. Not the deciding who goes there. Any thread.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/file_system.h"
#include "storage/storage.h"

namespace lightfast::storage {

class AsideFolder {
 public:
  AsideFolder(FileSystem& files, std::filesystem::path path) : files_(files), path_(std::move(path)) {}

  // Renames `from`, which lies under `key`, into the folder, durably here, and gives its name.
  Result<std::string> take(const std::filesystem::path& from, const BlobKey& key);
  Result<void> list(const std::function<bool(const std::string& name)>& visit);
  Result<UniqueFd> open(const std::string& name);  // Errc::not_found
  Result<void> make_durable() { return files_.sync_directory(path_); }
  std::filesystem::path path_of(const std::string& name) const { return path_ / name; }

 private:
  FileSystem& files_;
  std::filesystem::path path_;
};

}  // namespace lightfast::storage
