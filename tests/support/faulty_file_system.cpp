#include "tests/support/faulty_file_system.h"

#include <algorithm>

namespace lightfast::test {

void FaultyFileSystem::inject(const Fault& fault) {
  const std::lock_guard lock(mutex_);
  fault_ = fault;
  calls_ = 0;
  failures_.clear();
}

void FaultyFileSystem::pretend(std::optional<SpaceStatus> space) {
  const std::lock_guard lock(mutex_);
  space_ = space;
}

void FaultyFileSystem::heal() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
}

std::size_t FaultyFileSystem::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<FileCall> FaultyFileSystem::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

bool FaultyFileSystem::has_failed(FileCall call) const {
  const std::lock_guard lock(mutex_);
  return std::find(failures_.begin(), failures_.end(), call) != failures_.end();
}

std::optional<Error> FaultyFileSystem::fail(FileCall call) {
  const std::lock_guard lock(mutex_);
  if (!fault_ || (fault_->only && *fault_->only != call)) return std::nullopt;
  ++calls_;
  const bool fails = fault_->lasts == Fault::Lasts::once ? calls_ == fault_->nth : calls_ >= fault_->nth;
  if (!fails) return std::nullopt;
  failures_.push_back(call);
  return system_error(fault_->error_number, "an injected fault");
}

Result<UniqueFd> FaultyFileSystem::create(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::create)) return *error;
  return inner_.create(path);
}

Result<UniqueFd> FaultyFileSystem::open_beneath(const std::filesystem::path& root, const std::string& relative) {
  if (auto error = fail(FileCall::open_beneath)) return *error;
  return inner_.open_beneath(root, relative);
}

Result<void> FaultyFileSystem::write(int fd, std::span<const std::byte> bytes) {
  if (auto error = fail(FileCall::write)) {
    (void)inner_.write(fd, bytes.first(bytes.size() / 2));
    return *error;
  }
  return inner_.write(fd, bytes);
}

Result<void> FaultyFileSystem::allocate(int fd, std::uint64_t bytes) {
  if (auto error = fail(FileCall::allocate)) return *error;
  return inner_.allocate(fd, bytes);
}

Result<std::size_t> FaultyFileSystem::read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) {
  if (auto error = fail(FileCall::read_at)) return *error;
  return inner_.read_at(fd, buffer, offset);
}

Result<FileStatus> FaultyFileSystem::status(int fd) {
  if (auto error = fail(FileCall::status)) return *error;
  return inner_.status(fd);
}

Result<FileStatus> FaultyFileSystem::status(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::status)) return *error;
  return inner_.status(path);
}

Result<void> FaultyFileSystem::sync(int fd) {
  if (auto error = fail(FileCall::sync)) return *error;
  return inner_.sync(fd);
}

Result<void> FaultyFileSystem::sync_directory(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::sync_directory)) return *error;
  return inner_.sync_directory(path);
}

Result<void> FaultyFileSystem::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (auto error = fail(FileCall::rename)) return *error;
  return inner_.rename(from, to);
}

Result<void> FaultyFileSystem::replace(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (auto error = fail(FileCall::replace)) return *error;
  return inner_.replace(from, to);
}

Result<void> FaultyFileSystem::remove(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::remove)) return *error;
  return inner_.remove(path);
}

Result<void> FaultyFileSystem::remove_directory(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::remove_directory)) return *error;
  return inner_.remove_directory(path);
}

Result<bool> FaultyFileSystem::make_directory(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::make_directory)) return *error;
  return inner_.make_directory(path);
}

Result<void> FaultyFileSystem::list(const std::filesystem::path& path,
                                    const std::function<bool(const std::string& name)>& visit) {
  if (auto error = fail(FileCall::list)) return *error;
  return inner_.list(path, visit);
}

Result<SpaceStatus> FaultyFileSystem::space(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::space)) return *error;
  const std::lock_guard lock(mutex_);
  if (space_) return *space_;
  return inner_.space(path);
}

Result<void> FaultyFileSystem::try_writing(const std::filesystem::path& path) {
  if (auto error = fail(FileCall::try_writing)) return *error;
  return inner_.try_writing(path);
}

}  // namespace lightfast::test
