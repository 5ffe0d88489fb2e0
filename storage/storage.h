// Where the bytes of images lie. A blob is written once under a key, never changed, read, removed; the key is a name
// like "user123/img_01jd….webp", made by storage/blob_path and kept in the database, never a path.
// Implementations: filesystem_storage (here), memory_storage (tests/support), a bucket later.
// All calls block and may be made from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "base/unique_fd.h"

namespace lightfast::storage {

struct BlobKey {
  std::string text;
  auto operator<=>(const BlobKey&) const = default;
};

// Says which bytes these are without reading them: as long as the stamp of a blob stays what it was when its hash
// was verified, its bytes are the same. For files inode, size and change time; for a bucket its ETag.
struct BlobStamp {
  std::string text;
  auto operator<=>(const BlobStamp&) const = default;
};

struct BlobInfo {
  std::uint64_t size_bytes = 0;
  BlobStamp stamp;
};

// Bytes on their way in: a temporary that is gone when the Spool goes out of scope, unless it was put.
// One thread at a time.
class Spool {
 public:
  virtual ~Spool() = default;
  virtual Result<void> append(std::span<const std::byte> bytes) = 0;  // after a failure the spool is of no use
  virtual std::uint64_t size_bytes() const = 0;
  virtual int file() const = 0;  // readable at any offset, so that the bytes can be proven before they are put
};

// An open blob: stays readable while it is held, even if the blob is removed meanwhile.
struct OpenBlob {
  UniqueFd file;
  BlobInfo info;
};

class Storage {
 public:
  virtual ~Storage() = default;

  virtual Result<std::unique_ptr<Spool>> create_spool() = 0;

  // Makes the spooled bytes durable under `key`: when it returns, a power cut no longer loses them.
  // Errc::conflict if the key exists; on any error nothing is left under the key.
  virtual Result<BlobInfo> put(const BlobKey& key, std::unique_ptr<Spool> spool) = 0;

  virtual Result<OpenBlob> open(const BlobKey& key) = 0;      // Errc::not_found
  virtual Result<BlobInfo> status(const BlobKey& key) = 0;    // Errc::not_found
  virtual Result<void> remove(const BlobKey& key) = 0;        // durable; Errc::not_found if it is not there

  // Sets a damaged blob aside, out of reach of open(), for an operator to look at.
  virtual Result<void> quarantine(const BlobKey& key) = 0;

  // Every key there is, in no order, strangers' files included (their relative path is the key); false stops.
  virtual Result<void> list(const std::function<bool(const BlobKey&)>& visit) = 0;

  // Removes what interrupted writes left. Only for the process that holds the data lock, before it spools anything.
  virtual Result<std::size_t> remove_leftovers() = 0;

  virtual Result<std::uint64_t> free_bytes() = 0;
  virtual Result<std::uint64_t> capacity_bytes() = 0;
};

}  // namespace lightfast::storage
