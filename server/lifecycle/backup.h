// A consistent copy of everything, made beside whoever reads and writes: first the database as it is at one moment,
// then the file of every row in it, trash included. Nothing is unlinked meanwhile (DeletionGate); removals take effect
// at once all the same. Into a folder, where what is there already stays, or as a tar stream. Blocking; any thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "db/database.h"
#include "server/images/access_recorder.h"
#include "server/images/deletion_gate.h"
#include "server/lifecycle/backup_report.h"
#include "server/lifecycle/folder_copy.h"
#include "server/lifecycle/progress.h"
#include "server/lifecycle/tar_writer.h"
#include "storage/blob_path.h"
#include "storage/storage.h"

namespace lightfast::lifecycle {

struct BackupOptions {
  std::filesystem::path folder;  // absolute
  Trust trust = Trust::sizes;
};

class Backup {
 public:
  // Opens a finished copy of the database for reading.
  using OpenCopy = std::function<Result<std::unique_ptr<db::Database>>(const std::filesystem::path&)>;
  struct Store {
    db::Database& database;
    storage::Storage& storage;
    images::DeletionGate& deletions;
    images::AccessRecorder& accesses;
    FileSystem& files;
    const storage::DataLayout& layout;
    const std::string& instance;  // of this installation: no other's backup is made into the same folder
    OpenCopy open_copy;
    const Clock& clock;
    Logger& log;
  };
  explicit Backup(Store store) : store_(std::move(store)) {}

  // Errors: those of BackupFolder::open; Errc::storage_full, before anything is copied, where there is no room;
  // Errc::damaged for a database that is not sound; Errc::internal when stopped. After any of them, and after a crash,
  // the folder holds the backup that it held before, and what was copied needn't be copied again.
  Result<BackupReport> into(const BackupOptions& options, Progress& progress, const std::stop_token& stop);

  // lightfast.db, api-key, images/<user>/<id>.<ext> in order of their names. One at a time: Errc::conflict.
  Result<BackupReport> stream(const TarWriter::Sink& sink, Progress& progress, const std::stop_token& stop);

 private:
  Result<std::optional<std::string>> api_key() const;
  Result<std::unique_ptr<db::Database>> take_snapshot(const std::filesystem::path& path, Progress& progress);
  void finish(BackupReport& report) const;

  Store store_;
  std::mutex streaming_;
};

}  // namespace lightfast::lifecycle
