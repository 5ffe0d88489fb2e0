#include "server/images/file_check.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace lightfast::images {
namespace {
constexpr std::size_t piece_bytes = 256 * 1024;
}

ExpectedFile expected_file(const db::ImageRecord& image) {
  return {image.id, image.file_key, image.file_size, image.sha256};
}

ExpectedFile expected_file(const db::StoredFile& file) {
  return {file.id, file.file_key, file.file_size, file.sha256};
}

void read_from_disk(const storage::OpenBlob& blob) {
  (void)::posix_fadvise(blob.file.get(), 0, 0, POSIX_FADV_DONTNEED);
}

Result<FileState> compare(const storage::OpenBlob& blob, const ExpectedFile& expected, const OnRead& on_read) {
  if (blob.info.size_bytes != expected.file_size) return FileState::wrong_size;
  Sha256Stream stream;
  std::vector<std::byte> buffer(piece_bytes);
  for (off_t offset = 0;;) {
    const ssize_t count = ::pread(blob.file.get(), buffer.data(), buffer.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error(errno, "reading " + expected.file_key);
    if (count == 0) break;
    stream.update({buffer.data(), static_cast<std::size_t>(count)});
    offset += count;
    if (on_read && !on_read(static_cast<std::size_t>(count))) return FileState::unfinished;
  }
  return stream.finish() == expected.sha256 ? FileState::whole : FileState::wrong_hash;
}

}  // namespace lightfast::images
