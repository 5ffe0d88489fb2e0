// One backup as a tar stream: a file of the store at a time, each proven before its header says that it comes. One
// thread.
#pragma once

#include "server/lifecycle/backup_report.h"
#include "server/lifecycle/backup_source.h"
#include "server/lifecycle/tar_writer.h"

namespace lightfast::lifecycle {

class TarCopy {
 public:
  TarCopy(const BackupSource& source, FileSystem& files, TarWriter& tar, BackupReport& report)
      : source_(source), files_(files), tar_(tar), report_(report) {}

  Result<void> add_database(const std::filesystem::path& file, Timestamp now);
  Result<void> add_api_key(const std::string& text, Timestamp now);
  Result<void> add(const db::StoredFile& file);

 private:
  const BackupSource& source_;
  FileSystem& files_;
  TarWriter& tar_;
  BackupReport& report_;
};

}  // namespace lightfast::lifecycle
