// A Storage that keeps its blobs in memory: as strict as the one on disk, and with hands for a test to spoil things.
// Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "storage/storage.h"

namespace lightfast::test {

class MemoryStorage final : public storage::Storage {
 public:
  Result<std::unique_ptr<storage::Spool>> create_spool() override;
  Result<storage::BlobInfo> put(const storage::BlobKey& key, std::unique_ptr<storage::Spool> spool) override;
  Result<storage::OpenBlob> open(const storage::BlobKey& key) override;
  Result<storage::BlobInfo> status(const storage::BlobKey& key) override;
  Result<void> remove(const storage::BlobKey& key) override;
  Result<void> quarantine(const storage::BlobKey& key) override;
  Result<void> list(const std::function<bool(const storage::BlobKey&)>& visit) override;
  Result<std::size_t> remove_leftovers() override { return 0; }
  Result<std::uint64_t> free_bytes() override;
  Result<std::uint64_t> capacity_bytes() override { return std::uint64_t{1} << 40; }

  // Puts these bytes under `key`, whatever was there before; it gets a new stamp, as a changed file does.
  void overwrite(const storage::BlobKey& key, std::string_view bytes);
  bool is_quarantined(const storage::BlobKey& key) const;
  void set_free_bytes(std::uint64_t bytes);

 private:
  struct Blob {
    UniqueFd file;  // a memfd
    storage::BlobInfo info;
  };
  storage::BlobInfo insert(const storage::BlobKey& key, UniqueFd file, std::uint64_t size_bytes);

  mutable std::mutex mutex_;
  std::map<storage::BlobKey, Blob> blobs_;
  std::map<storage::BlobKey, Blob> quarantined_;
  std::uint64_t puts_ = 0;
  std::uint64_t free_bytes_ = std::uint64_t{1} << 39;
};

}  // namespace lightfast::test
