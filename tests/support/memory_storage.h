// A Storage that keeps its blobs in memory: as strict as the one on disk, and with hands for a test to spoil things.
// Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/storage.h"

namespace lightfast::test {

class MemoryStorage : public storage::Storage {
 public:
  Result<std::unique_ptr<storage::Spool>> create_spool() override;
  Result<storage::BlobInfo> put(const storage::BlobKey& key, std::unique_ptr<storage::Spool> spool) override;
  Result<storage::OpenBlob> open(const storage::BlobKey& key) override;
  Result<storage::BlobInfo> status(const storage::BlobKey& key) override;
  Result<void> remove(const storage::BlobKey& key) override;
  Result<storage::Entry> look(const storage::BlobKey& key) override;
  Result<void> list(const std::function<bool(const storage::BlobKey&)>& visit) override;
  Result<std::string> set_aside(const storage::BlobKey& key, storage::Aside where) override;
  Result<void> list_aside(storage::Aside where, const std::function<bool(const std::string& name)>& visit) override;
  Result<storage::OpenBlob> open_aside(storage::Aside where, const std::string& name) override;
  Result<storage::BlobInfo> put_back(storage::Aside where, const std::string& name,
                                     const storage::BlobKey& key) override;
  Result<void> list_leftovers(const std::function<bool(const std::string& name)>& visit) override;
  Result<std::size_t> remove_leftovers() override { return std::exchange(leftovers_, {}).size(); }
  Result<SpaceStatus> space() override;

  // Puts these bytes under `key`, whatever was there before; it gets a new stamp, as a changed file does.
  void overwrite(const storage::BlobKey& key, std::string_view bytes);
  // Changes a byte without changing the stamp, as a disk that goes bad does.
  void rot(const storage::BlobKey& key);
  bool is_aside(const storage::BlobKey& key, storage::Aside where) const;
  void leave(const std::string& temporary) { leftovers_.push_back(temporary); }
  void set_space(const SpaceStatus& space);
  void set_free_bytes(std::uint64_t bytes);

 private:
  struct Blob {
    UniqueFd file;  // a memfd
    storage::BlobInfo info;
  };
  using AsideName = std::pair<storage::Aside, std::string>;
  static Result<storage::OpenBlob> open_blob(const Blob& blob);
  storage::BlobInfo insert(const storage::BlobKey& key, UniqueFd file, std::uint64_t size_bytes);

  mutable std::mutex mutex_;
  std::map<storage::BlobKey, Blob> blobs_;
  std::map<AsideName, Blob> aside_;
  std::vector<std::string> leftovers_;
  std::uint64_t puts_ = 0;
  SpaceStatus space_{.free_bytes = std::uint64_t{1} << 39, .capacity_bytes = std::uint64_t{1} << 40};
};

}  // namespace lightfast::test
