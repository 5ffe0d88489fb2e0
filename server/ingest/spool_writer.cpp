#include "server/ingest/spool_writer.h"

namespace lightfast::ingest {

SpoolWriter::SpoolWriter(std::unique_ptr<storage::Spool> spool, std::uint64_t limit_bytes)
    : spool_(std::move(spool)), limit_bytes_(limit_bytes) {}

Result<SpoolWriter> SpoolWriter::create(storage::Storage& storage, std::uint64_t limit_bytes) {
  auto spool = storage.create_spool();
  if (!spool) return spool.error();
  return SpoolWriter(std::move(*spool), limit_bytes);
}

Result<void> SpoolWriter::append(std::span<const std::byte> bytes) {
  if (bytes.size() > limit_bytes_ - spool_->size_bytes()) {
    return Error{Errc::too_large, "the image is larger than " + std::to_string(limit_bytes_) + " bytes"};
  }
  digest_.update(bytes);
  return spool_->append(bytes);
}

SpooledBytes SpoolWriter::finish() { return {std::move(spool_), digest_.finish()}; }

}  // namespace lightfast::ingest
