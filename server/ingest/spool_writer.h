// Bytes on their way in: written to a spool, hashed and counted as they come. What was spooled is gone when it goes out
// of scope, unless it is stored. Blocking; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/digest.h"
#include "base/error.h"
#include "storage/storage.h"

namespace lightfast::ingest {

struct SpooledBytes {
  std::unique_ptr<storage::Spool> spool;
  Sha256Digest sha256;
};

class SpoolWriter {
 public:
  static Result<SpoolWriter> create(storage::Storage& storage, std::uint64_t limit_bytes);

  Result<void> append(std::span<const std::byte> bytes);  // Errc::too_large over the limit
  std::uint64_t size_bytes() const { return spool_->size_bytes(); }
  SpooledBytes finish();                                  // once

 private:
  SpoolWriter(std::unique_ptr<storage::Spool> spool, std::uint64_t limit_bytes);
  std::unique_ptr<storage::Spool> spool_;
  Sha256Stream digest_;
  std::uint64_t limit_bytes_;
};

}  // namespace lightfast::ingest
