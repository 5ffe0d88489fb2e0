#include "storage/filesystem_spool.h"

#include "base/encoding.h"
#include "base/id.h"

namespace lightfast::storage {

Result<std::unique_ptr<Spool>> FilesystemSpool::create(FileSystem& files, const std::filesystem::path& folder) {
  std::filesystem::path path = folder / (to_hex(random_bytes(16)) + ".spool");
  Result<UniqueFd> file = files.create(path);
  if (!file) return file.error();
  return std::unique_ptr<Spool>(new FilesystemSpool(files, std::move(path), std::move(*file)));
}

FilesystemSpool::FilesystemSpool(FileSystem& files, std::filesystem::path path, UniqueFd file)
    : files_(files), path_(std::move(path)), file_(std::move(file)) {}

FilesystemSpool::~FilesystemSpool() {
  // A temporary that cannot be removed now is a left-over of the next start.
  if (owns_path_) (void)files_.remove(path_);
}

Result<void> FilesystemSpool::append(std::span<const std::byte> bytes) {
  const Result<void> written = files_.write(file_.get(), bytes);
  if (written) {
    size_bytes_ += bytes.size();
  } else {
    failed_ = true;
  }
  return written;
}

}  // namespace lightfast::storage
