// The files that the database knows, living and in the trash, for those who check them against what is stored. Reads
// only, a page at a time; `after` is the last one of the page before. Each call on its session's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"

namespace lightfast::db {

struct StoredFile {
  ImageId id;
  UserId user;
  std::string file_key;
  std::uint64_t file_size = 0;
  std::string file_stamp;  // as in ImageRecord
  Sha256Digest sha256;
  Timestamp verified_at{};  // when its hash was last verified; at first when it was stored
  std::optional<Timestamp> deleted_at;
  std::optional<Timestamp> damaged_at;
  bool purging = false;  // its file is being unlinked and may be missing
};

// Errc::invalid_request for a limit outside 1–1000.
class StoredFiles {
 public:
  using Files = std::vector<StoredFile>;

  virtual ~StoredFiles() = default;
  virtual Result<std::optional<StoredFile>> find(const ImageId& id) const = 0;
  virtual Result<Files> by_id(const std::optional<StoredFile>& after, std::uint32_t limit) const = 0;
  virtual Result<Files> by_file_key(const std::string& after, std::uint32_t limit) const = 0;  // bytewise
  // Not verified since `before`, the longest unverified first; without those known to be damaged or being purged.
  virtual Result<Files> unverified_since(Timestamp before, const std::optional<StoredFile>& after,
                                         std::uint32_t limit) const = 0;
  virtual Result<Files> damaged(const std::optional<StoredFile>& after, std::uint32_t limit) const = 0;  // by id
};

}  // namespace lightfast::db
