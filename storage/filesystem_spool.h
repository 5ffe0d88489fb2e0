// A spool that is a file in the folder for temporaries, until FilesystemStorage::put moves it into place.
// One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/file_system.h"
#include "storage/storage.h"

namespace lightfast::storage {

// The names of the temporaries that spools hold just now: others are left over. Any thread.
class HeldSpools {
 public:
  void add(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.insert(name);
  }
  void drop(const std::string& name) {
    const std::lock_guard lock(mutex_);
    names_.erase(name);
  }
  bool contains(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return names_.contains(name);
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_set<std::string> names_;
};

class FilesystemSpool final : public Spool {
 public:
  static Result<std::unique_ptr<Spool>> create(FileSystem& files, const std::filesystem::path& folder,
                                               std::shared_ptr<HeldSpools> held);
  ~FilesystemSpool() override;
  FilesystemSpool(const FilesystemSpool&) = delete;
  FilesystemSpool& operator=(const FilesystemSpool&) = delete;

  Result<void> append(std::span<const std::byte> bytes) override;
  std::uint64_t size_bytes() const override { return size_bytes_; }
  int file() const override { return file_.get(); }

  const std::filesystem::path& path() const { return path_; }
  bool is_complete() const { return !failed_; }  // false once an append has failed
  void release() { owns_path_ = false; }         // the file has another name now

 private:
  FilesystemSpool(FileSystem& files, std::filesystem::path path, UniqueFd file, std::shared_ptr<HeldSpools> held);

  FileSystem& files_;
  const std::shared_ptr<HeldSpools> held_;
  std::filesystem::path path_;
  UniqueFd file_;
  std::uint64_t size_bytes_ = 0;
  bool failed_ = false;
  bool owns_path_ = true;
};

}  // namespace lightfast::storage
