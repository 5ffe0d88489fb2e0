// The folder that a backup is made into: lightfast.db, api-key and images/, as a server starts on them. Held by one
// backup at a time, for as long as this lives. Not the deciding what goes into it. One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/unique_fd.h"
#include "storage/blob_path.h"
#include "storage/filesystem_storage.h"

namespace lightfast::lifecycle {

class BackupFolder {
 public:
  // Makes `path` where it is absent, but not the folders above it. Errc::invalid_request: it is the folder of `source`,
  // or within it. Errc::conflict: it holds something else than a backup of the store `instance`, or is in use.
  static Result<std::unique_ptr<BackupFolder>> open(FileSystem& files, const std::filesystem::path& path,
                                                    const storage::DataLayout& source, const std::string& instance);
  ~BackupFolder();  // leaves nothing unfinished lying
  BackupFolder(const BackupFolder&) = delete;
  BackupFolder& operator=(const BackupFolder&) = delete;

  storage::Storage& images() { return *images_; }
  const std::filesystem::path& new_database() const { return layout_.new_database; }
  Result<void> require_room(std::uint64_t bytes) const;  // Errc::storage_full

  Result<void> put_api_key(const std::string& text);
  // Puts the new database in the place of the old one, at once and durably: from here on this is the backup.
  Result<void> publish();

 private:
  BackupFolder(FileSystem& files, std::filesystem::path path, UniqueFd held);
  Result<void> require_own(const std::string& instance);
  Result<void> write_whole(const std::filesystem::path& path, const std::string& text);

  FileSystem& files_;
  const std::filesystem::path path_;
  const storage::BackupLayout layout_;
  UniqueFd held_;
  std::vector<std::filesystem::path> made_;  // folders that only the work needs
  std::unique_ptr<storage::FilesystemStorage> images_;
};

// Errc::storage_full, naming both figures, where less than `bytes` is free.
Result<void> require_room(FileSystem& files, const std::filesystem::path& folder, std::uint64_t bytes);

}  // namespace lightfast::lifecycle
