// Whether a stored file holds the bytes that its row says: the one comparison that tells whole from damaged. Blocking;
// any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/digest.h"
#include "base/error.h"
#include "db/records.h"
#include "db/stored_files.h"
#include "storage/storage.h"

namespace lightfast::images {

struct ExpectedFile {
  ImageId id;
  std::string file_key;
  std::uint64_t file_size = 0;
  Sha256Digest sha256;
};
ExpectedFile expected_file(const db::ImageRecord& image);
ExpectedFile expected_file(const db::StoredFile& file);

enum class FileState { whole, wrong_size, wrong_hash, unfinished };

// Told after each piece that was read; false ends the reading: FileState::unfinished.
using OnRead = std::function<bool(std::size_t bytes)>;

// Lets the kernel forget what it holds of the file in memory: for those who look for rot below the file system.
void read_from_disk(const storage::OpenBlob& blob);

Result<FileState> compare(const storage::OpenBlob& blob, const ExpectedFile& expected, const OnRead& on_read = {});

}  // namespace lightfast::images
