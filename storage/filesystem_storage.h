// Blobs as files: IMAGE_STORAGE_PATH/<user>/<id>.<ext>. A put is: temporary, fsync, rename without overwriting, fsync
// of the directory (and of its parent when the user's folder is new). After a failed fsync the file is given up; should
// even its removal fail, it stays as a file without a row, which list() shows. Any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "base/file_system.h"
#include "base/id.h"
#include "storage/aside_folder.h"
#include "storage/blob_path.h"
#include "storage/filesystem_spool.h"
#include "storage/storage.h"

namespace lightfast::storage {

class FilesystemStorage final : public Storage {
 public:
  // The folders of `layout` are made where absent; where lost+found belongs to the volume's own checker (root, mode
  // 0700), .lost+found beside it takes its part. Errors at start, all Errc::internal: a path that is not writable,
  // temporaries on another file system than the images, a file system that ignores case. A full one is no error. Only
  // for the process that holds the data lock. `files` must outlive the storage and its spools.
  static Result<std::unique_ptr<FilesystemStorage>> open_root(FileSystem& files, DataLayout layout);

  Result<std::unique_ptr<Spool>> create_spool() override;
  Result<BlobInfo> put(const BlobKey& key, std::unique_ptr<Spool> spool) override;
  Result<OpenBlob> open(const BlobKey& key) override;
  Result<BlobInfo> status(const BlobKey& key) override;
  Result<void> remove(const BlobKey& key) override;
  Result<Entry> look(const BlobKey& key) override;
  Result<void> list(const std::function<bool(const BlobKey&)>& visit) override;
  Result<std::string> set_aside(const BlobKey& key, Aside where) override;
  Result<void> list_aside(Aside where, const std::function<bool(const std::string& name)>& visit) override;
  Result<OpenBlob> open_aside(Aside where, const std::string& name) override;
  Result<BlobInfo> put_back(Aside where, const std::string& name, const BlobKey& key) override;
  Result<void> list_leftovers(const std::function<bool(const std::string& name)>& visit) override;
  Result<std::size_t> remove_leftovers() override;
  Result<SpaceStatus> space() override { return files_.space(layout_.images); }

 private:
  FilesystemStorage(FileSystem& files, DataLayout layout);

  Result<void> make_user_folder(const std::filesystem::path& folder);  // folders_ is held
  Result<void> move_into_place(const std::filesystem::path& from, const std::filesystem::path& to);
  Result<BlobInfo> make_entry_durable(int fd, const std::filesystem::path& path);
  Result<void> make_removal_durable(const std::filesystem::path& folder);
  Result<std::filesystem::path> locate(const BlobKey& key);
  void remove_folder_if_empty(const std::filesystem::path& folder);
  Result<void> list_below(std::string folder, const std::function<bool(const BlobKey&)>& visit, bool& stopped);
  AsideFolder& aside(Aside where) { return where == Aside::quarantine ? quarantine_ : lost_and_found_; }

  FileSystem& files_;
  const DataLayout layout_;
  AsideFolder quarantine_;
  AsideFolder lost_and_found_;
  const std::shared_ptr<HeldSpools> held_spools_ = std::make_shared<HeldSpools>();
  std::mutex folders_;          // held while users' folders are made, filled for the first time or dropped
  bool root_is_synced_ = true;  // guarded by folders_
};

}  // namespace lightfast::storage
