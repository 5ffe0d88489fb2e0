// Blobs as files: IMAGE_STORAGE_PATH/<user>/<id>.<ext>. A put is: temporary, fsync, rename without overwriting, fsync of
// the directory (and of its parent when the user's folder is new). After a failed fsync the file is given up.
#pragma once

#include <filesystem>

#include "base/file_system.h"
#include "base/id.h"
#include "storage/blob_path.h"
#include "storage/storage.h"

namespace lightfast::storage {

class FilesystemStorage final : public Storage {
 public:
  // The folders of `layout` are made where absent. Errors at start: Errc::internal with the path that is not writable.
  static Result<std::unique_ptr<FilesystemStorage>> open_root(FileSystem& files, DataLayout layout);

  Result<std::unique_ptr<Spool>> create_spool() override;
  Result<BlobInfo> put(const BlobKey& key, std::unique_ptr<Spool> spool) override;
  Result<OpenBlob> open(const BlobKey& key) override;
  Result<BlobInfo> status(const BlobKey& key) override;
  Result<void> remove(const BlobKey& key) override;
  Result<void> quarantine(const BlobKey& key) override;
  Result<void> list(const std::function<bool(const BlobKey&)>& visit) override;
  Result<std::size_t> remove_leftovers() override;
  Result<std::uint64_t> free_bytes() override;
  Result<std::uint64_t> capacity_bytes() override;

 private:
  FilesystemStorage(FileSystem& files, DataLayout layout);
  FileSystem& files_;
  DataLayout layout_;
};

}  // namespace lightfast::storage
