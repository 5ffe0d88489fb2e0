// The lock on the data folder: whoever holds it is the one process that writes there. Held until it goes out of scope
// or the process ends, however it ends (flock).
#pragma once

#include <filesystem>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lightfast {

class DataLock {
 public:
  // Errc::conflict, naming the other process, where one holds it already.
  static Result<DataLock> take(const std::filesystem::path& path);

 private:
  explicit DataLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace lightfast
