// Where the bytes of images lie. A blob is written once under a key, never changed, read, removed; the key is a name
// like "user123/img_01jd….webp", made by storage/blob_path and kept in the database, never a path.
// Implementations: filesystem_storage (here), memory_storage (tests/support).
// All calls block and may be made from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/file_system.h"
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

// Where blobs lie that were taken out of their place: for an operator to look at, and to be put back from.
enum class Aside { quarantine, lost_and_found };  // the damaged; those that no image is known for
inline std::string_view to_string(Aside where) {
  return where == Aside::quarantine ? "quarantine" : "lost+found";
}

// What lies under a key. Something else: a folder, a symlink, a FIFO.
enum class Entry { nothing, blob, something_else };

class Storage {
 public:
  virtual ~Storage() = default;

  virtual Result<std::unique_ptr<Spool>> create_spool() = 0;

  // Makes the spooled bytes durable under `key`: when it returns, a power cut no longer loses them.
  // Errc::conflict if the key exists; on any error nothing is left under the key.
  virtual Result<BlobInfo> put(const BlobKey& key, std::unique_ptr<Spool> spool) = 0;

  virtual Result<OpenBlob> open(const BlobKey& key) = 0;    // Errc::not_found
  virtual Result<BlobInfo> status(const BlobKey& key) = 0;  // Errc::not_found
  virtual Result<void> remove(const BlobKey& key) = 0;      // durable; Errc::not_found if it is not there

  virtual Result<Entry> look(const BlobKey& key) = 0;

  // Every key there is, in no order, strangers' files included (their relative path is the key); false stops.
  virtual Result<void> list(const std::function<bool(const BlobKey&)>& visit) = 0;

  // Takes whatever lies under the key out of reach of open(), and gives the name that it has there, one that
  // storage/blob_path's former_key() understands. Nothing set aside is ever overwritten. Errc::not_found.
  virtual Result<std::string> set_aside(const BlobKey& key, Aside where) = 0;
  virtual Result<void> list_aside(Aside where, const std::function<bool(const std::string& name)>& visit) = 0;
  virtual Result<OpenBlob> open_aside(Aside where, const std::string& name) = 0;  // Errc::not_found
  // The other way, as durable as put(). Errc::conflict if the key exists; on any error it lies where it lay.
  virtual Result<BlobInfo> put_back(Aside where, const std::string& name, const BlobKey& key) = 0;

  // What interrupted writes left: temporaries that no Spool of this process holds. Only for the process that holds the
  // data lock.
  virtual Result<void> list_leftovers(const std::function<bool(const std::string& name)>& visit) = 0;
  virtual Result<std::size_t> remove_leftovers() = 0;

  virtual Result<SpaceStatus> space() = 0;  // where the blobs lie
};

}  // namespace lightfast::storage
