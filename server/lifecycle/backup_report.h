// What a backup says of itself when it has ended. Plain values: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "db/stored_files.h"

namespace lightfast::lifecycle {

// An image whose row is in the copy and whose file is not, since it is not what was stored.
struct LostFile {
  ImageId id;
  UserId user;
  std::string reason;
};

struct BackupReport {
  Timestamp started_at{};
  Timestamp finished_at{};
  std::uint64_t images = 0;  // with their files in the copy
  std::uint64_t bytes = 0;   // of these files
  std::uint64_t copied = 0;  // the others were there already
  std::uint64_t copied_bytes = 0;
  std::uint64_t removed = 0;  // files of images that are no more
  std::uint64_t database_bytes = 0;
  std::uint64_t lost = 0;
  std::vector<LostFile> lost_files;  // the first of them
};

// Counts what was lost, and keeps the first of it.
void add_lost(BackupReport& report, const db::StoredFile& file, const Error& error);
void add_kept(BackupReport& report, const db::StoredFile& file);

}  // namespace lightfast::lifecycle
