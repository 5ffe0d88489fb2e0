// Disk that is kept back for what must be written when there is none left (a removal, say): an allocated file, given up
// when the disk is nearly full and made again when there is room. It does not say whether anything new may come
// (storage/disk_room). Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>

#include "base/file_system.h"
#include "base/log.h"

namespace lightfast {

class Ballast {
 public:
  // At `path`, whose folder is there: at most a 32nd of its disk, and at most 16 MiB. Makes nothing yet; what lies
  // there from before counts. `files` and `log` must outlive it.
  Ballast(FileSystem& files, std::filesystem::path path, Logger& log);

  // To be called before something must be written: where less is free than the ballast's own size, it is given up.
  // True: so little was free, and whoever writes is to be sparing.
  bool make_room();
  void give_up();  // room has run out all the same (a quota that the file system doesn't tell of)

  // Makes it where it is missing and there is room for three of it. To be called again and again.
  void keep();

  std::uint64_t size_bytes() const { return size_bytes_; }  // whether it is there or not
  std::uint64_t missing_bytes() const;                      // of the free disk, so many are not for anything else

 private:
  std::uint64_t free_bytes();
  bool is_whole();
  Result<void> make();
  void remove();

  FileSystem& files_;
  const std::filesystem::path path_;
  Logger& log_;
  std::uint64_t size_bytes_ = 0;
  mutable std::mutex mutex_;
  bool is_kept_ = false;  // guarded by mutex_
};

}  // namespace lightfast
