// The stamp of a local file in numbers: what BlobStamp says of it as text, cheap enough to ask for at every answer.
// A plain value.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace lightfast::storage {

// The device number is left out on purpose: it changes when a volume is mounted anew.
struct FileStamp {
  std::uint64_t inode = 0;
  std::uint64_t size_bytes = 0;
  std::int64_t change_time_ns = 0;

  static std::optional<FileStamp> of(int file);  // one fstat; nullopt where that fails
  std::string text() const;                      // as it stands in BlobStamp
  auto operator<=>(const FileStamp&) const = default;
};

}  // namespace lightfast::storage
