#include "storage/filesystem_spool.h"

#include "base/encoding.h"
#include "base/id.h"

namespace lightfast::storage {

Result<std::unique_ptr<Spool>> FilesystemSpool::create(FileSystem& files, const std::filesystem::path& folder,
                                                       std::shared_ptr<HeldSpools> held) {
  const std::string name = to_hex(random_bytes(16)) + ".spool";
  held->add(name);
  Result<UniqueFd> file = files.create(folder / name);
  if (!file) {
    held->drop(name);
    return file.error();
  }
  return std::unique_ptr<Spool>(new FilesystemSpool(files, folder / name, std::move(*file), std::move(held)));
}

FilesystemSpool::FilesystemSpool(FileSystem& files, std::filesystem::path path, UniqueFd file,
                                 std::shared_ptr<HeldSpools> held)
    : files_(files), held_(std::move(held)), path_(std::move(path)), file_(std::move(file)) {}

FilesystemSpool::~FilesystemSpool() {
  // A temporary that cannot be removed now is a left-over of the next start.
  if (owns_path_) (void)files_.remove(path_);
  held_->drop(path_.filename().string());
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
