// A file's bytes, read-only in memory, for as long as it is in scope. Only for our own spools, which nobody truncates.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/error.h"

namespace lightfast::ingest {

class MappedFile {
 public:
  static Result<MappedFile> map(int file, std::uint64_t size_bytes) {
    if (size_bytes == 0) return MappedFile(nullptr, 0);
    void* const address = ::mmap(nullptr, size_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    if (address == MAP_FAILED) return system_error(errno, "mapping a spooled image");
    return MappedFile(address, size_bytes);
  }
  MappedFile(MappedFile&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile() {
    if (address_ != nullptr) ::munmap(address_, size_bytes_);
  }

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(address_), size_bytes_}; }

 private:
  MappedFile(void* address, std::size_t size_bytes) : address_(address), size_bytes_(size_bytes) {}
  void* address_;
  std::size_t size_bytes_;
};

}  // namespace lightfast::ingest
