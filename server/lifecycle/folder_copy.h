// One backup into a folder, once the copy of the database is there: which files are missing in it, and which are there
// without a row. copy() any thread, the others one.
#pragma once

#include <mutex>
#include <stop_token>

#include "server/lifecycle/backup_folder.h"
#include "server/lifecycle/backup_report.h"
#include "server/lifecycle/backup_source.h"

namespace lightfast::lifecycle {

// What tells that a file in the folder is the image's. A file gets its name there only when it is whole, proven and
// durable, so its size does, but for rot and for strangers' hands; hashes reads all of them.
enum class Trust { sizes, hashes };

class FolderCopy {
 public:
  FolderCopy(const BackupSource& source, const BackupSource& there, BackupFolder& folder, Trust trust,
             BackupReport& report)
      : source_(source), there_(there), folder_(folder), trust_(trust), report_(report) {}

  Result<void> require_room(const std::stop_token& stop);  // Errc::storage_full
  Result<void> copy(const db::StoredFile& file);           // unless it is there
  // What belongs to no row of `copy`. Whatever else somebody put there stays.
  Result<void> remove_surplus(db::Database& copy);

 private:
  Result<bool> has_its_size(const db::StoredFile& file);
  enum class Came { was_there, copied };
  void count(const db::StoredFile& file, Came how);

  const BackupSource& source_;
  const BackupSource& there_;
  BackupFolder& folder_;
  const Trust trust_;
  std::mutex mutex_;
  BackupReport& report_;  // guarded by mutex_
};

}  // namespace lightfast::lifecycle
