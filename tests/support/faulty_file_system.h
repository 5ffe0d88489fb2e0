// A FileSystem on which the n-th call fails with an errno of the test's choice, once or from then on. Counting the
// calls of a run without faults, and then failing each of them in turn, leaves no error path untried. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "base/file_system.h"

namespace lightfast::test {

enum class FileCall {
  create,
  open_beneath,
  write,
  allocate,
  read_at,
  status,
  sync,
  sync_directory,
  rename,
  replace,
  remove,
  remove_directory,
  make_directory,
  list,
  space,
  try_writing,
};

struct Fault {
  enum class Lasts { once, from_then_on };
  std::size_t nth = 1;  // counted from 1, from inject() on
  int error_number = 0;
  Lasts lasts = Lasts::once;
  std::optional<FileCall> only = {};  // then other calls neither count nor fail
};

class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& inner) : inner_(inner) {}

  void inject(const Fault& fault);                 // begins to count anew
  void pretend(std::optional<SpaceStatus> space);  // instead of the real one
  void heal();                                     // no more faults; what failed is still known
  std::size_t calls() const;                       // since inject()
  std::vector<FileCall> failures() const;          // since inject(), in order
  bool has_failed(FileCall call) const;

  Result<UniqueFd> create(const std::filesystem::path& path) override;
  Result<UniqueFd> open_beneath(const std::filesystem::path& root, const std::string& relative) override;
  Result<void> write(int fd, std::span<const std::byte> bytes) override;  // failing, it has written the first half
  Result<void> allocate(int fd, std::uint64_t bytes) override;
  Result<std::size_t> read_at(int fd, std::span<std::byte> buffer, std::uint64_t offset) override;
  Result<FileStatus> status(int fd) override;
  Result<FileStatus> status(const std::filesystem::path& path) override;
  Result<void> sync(int fd) override;
  Result<void> sync_directory(const std::filesystem::path& path) override;
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> replace(const std::filesystem::path& from, const std::filesystem::path& to) override;
  Result<void> remove(const std::filesystem::path& path) override;
  Result<void> remove_directory(const std::filesystem::path& path) override;
  Result<bool> make_directory(const std::filesystem::path& path) override;
  Result<void> list(const std::filesystem::path& path,
                    const std::function<bool(const std::string& name)>& visit) override;
  Result<SpaceStatus> space(const std::filesystem::path& path) override;
  Result<void> try_writing(const std::filesystem::path& path) override;

 private:
  // Counts the call; the error if it is one that fails.
  std::optional<Error> fail(FileCall call);

  FileSystem& inner_;
  mutable std::mutex mutex_;
  std::optional<Fault> fault_;
  std::size_t calls_ = 0;
  std::vector<FileCall> failures_;
  std::optional<SpaceStatus> space_;
};

}  // namespace lightfast::test
