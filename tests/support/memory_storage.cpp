#include "tests/support/memory_storage.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <vector>

#include "base/file_system.h"
#include "storage/blob_path.h"

namespace lightfast::test {
namespace {

using namespace storage;

UniqueFd make_memory_file() {
  UniqueFd file(::memfd_create("blob", MFD_CLOEXEC));
  if (!file) throw std::runtime_error("memfd_create failed");
  return file;
}

class MemorySpool final : public Spool {
 public:
  Result<void> append(std::span<const std::byte> bytes) override {
    const Result<void> written = PosixFileSystem().write(file_.get(), bytes);
    if (written) size_bytes_ += bytes.size();
    return written;
  }
  std::uint64_t size_bytes() const override { return size_bytes_; }
  int file() const override { return file_.get(); }
  UniqueFd take() { return std::move(file_); }

 private:
  UniqueFd file_ = make_memory_file();
  std::uint64_t size_bytes_ = 0;
};

Error no_such_blob(const BlobKey& key) {
  return {Errc::not_found, "no blob " + key.text};
}

}  // namespace

Result<std::unique_ptr<Spool>> MemoryStorage::create_spool() {
  return std::unique_ptr<Spool>(std::make_unique<MemorySpool>());
}

BlobInfo MemoryStorage::insert(const BlobKey& key, UniqueFd file, std::uint64_t size_bytes) {
  const BlobInfo info{size_bytes, {"memory:" + std::to_string(++puts_)}};
  blobs_[key] = Blob{std::move(file), info};
  return info;
}

Result<BlobInfo> MemoryStorage::put(const BlobKey& key, std::unique_ptr<Spool> spool) {
  auto* memory = dynamic_cast<MemorySpool*>(spool.get());
  if (memory == nullptr) return Error{Errc::internal, "put " + key.text + ": a spool of another storage"};
  const std::lock_guard lock(mutex_);
  if (blobs_.contains(key)) return Error{Errc::conflict, "put " + key.text + ": it exists"};
  const std::uint64_t size_bytes = memory->size_bytes();
  return insert(key, memory->take(), size_bytes);
}

Result<OpenBlob> MemoryStorage::open(const BlobKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = blobs_.find(key);
  if (found == blobs_.end()) return no_such_blob(key);
  return open_blob(found->second);
}

// Opened anew rather than duplicated: every reader has an offset of its own.
Result<OpenBlob> MemoryStorage::open_blob(const Blob& blob) {
  const std::string path = "/proc/self/fd/" + std::to_string(blob.file.get());
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error(errno, "open " + path);
  return OpenBlob{std::move(file), blob.info};
}

Result<BlobInfo> MemoryStorage::status(const BlobKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = blobs_.find(key);
  if (found == blobs_.end()) return no_such_blob(key);
  return found->second.info;
}

Result<void> MemoryStorage::remove(const BlobKey& key) {
  const std::lock_guard lock(mutex_);
  if (blobs_.erase(key) == 0) return no_such_blob(key);
  return {};
}

Result<Entry> MemoryStorage::look(const BlobKey& key) {
  const std::lock_guard lock(mutex_);
  return blobs_.contains(key) ? Entry::blob : Entry::nothing;
}

Result<std::string> MemoryStorage::set_aside(const BlobKey& key, Aside where) {
  const std::lock_guard lock(mutex_);
  auto node = blobs_.extract(key);
  if (node.empty()) return no_such_blob(key);
  std::string name = aside_name(key);
  if (aside_.contains({where, name})) name = another_aside_name(key);
  aside_[{where, name}] = std::move(node.mapped());
  return name;
}

Result<void> MemoryStorage::list_aside(Aside where, const std::function<bool(const std::string& name)>& visit) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, blob] : aside_) {
      if (name.first == where) names.push_back(name.second);
    }
  }
  for (const std::string& name : names) {
    if (!visit(name)) break;
  }
  return {};
}

Result<OpenBlob> MemoryStorage::open_aside(Aside where, const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = aside_.find({where, name});
  if (found == aside_.end()) return no_such_blob({name});
  return open_blob(found->second);
}

Result<BlobInfo> MemoryStorage::put_back(Aside where, const std::string& name, const BlobKey& key) {
  const std::lock_guard lock(mutex_);
  if (blobs_.contains(key)) return Error{Errc::conflict, "put " + key.text + " back: it exists"};
  auto node = aside_.extract({where, name});
  if (node.empty()) return no_such_blob({name});
  return insert(key, std::move(node.mapped().file), node.mapped().info.size_bytes);
}

Result<void> MemoryStorage::list(const std::function<bool(const BlobKey&)>& visit) {
  std::vector<BlobKey> keys;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, blob] : blobs_) keys.push_back(key);
  }
  for (const BlobKey& key : keys) {
    if (!visit(key)) break;
  }
  return {};
}

Result<SpaceStatus> MemoryStorage::space() {
  const std::lock_guard lock(mutex_);
  return space_;
}

void MemoryStorage::overwrite(const BlobKey& key, std::string_view bytes) {
  UniqueFd file = make_memory_file();
  PosixFileSystem().write(file.get(), std::as_bytes(std::span(bytes))).value();
  const std::lock_guard lock(mutex_);
  insert(key, std::move(file), bytes.size());
}

void MemoryStorage::rot(const BlobKey& key) {
  const std::lock_guard lock(mutex_);
  const int file = blobs_.at(key).file.get();
  char byte = 0;
  if (::pread(file, &byte, 1, 0) != 1) throw std::runtime_error("there is no byte to change");
  byte = static_cast<char>(byte ^ 1);
  if (::pwrite(file, &byte, 1, 0) != 1) throw std::runtime_error("pwrite failed");
}

Result<void> MemoryStorage::list_leftovers(const std::function<bool(const std::string& name)>& visit) {
  for (const std::string& name : leftovers_) {
    if (!visit(name)) break;
  }
  return {};
}

bool MemoryStorage::is_aside(const BlobKey& key, Aside where) const {
  const std::lock_guard lock(mutex_);
  return aside_.contains({where, aside_name(key)});
}

void MemoryStorage::set_free_bytes(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  space_.free_bytes = bytes;
}

void MemoryStorage::set_space(const SpaceStatus& space) {
  const std::lock_guard lock(mutex_);
  space_ = space;
}

}  // namespace lightfast::test
