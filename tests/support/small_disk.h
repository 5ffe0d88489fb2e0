// A disk of a few megabytes and few inodes (tmpfs), which a test may fill to the last byte: mounted where nobody else
// sees it, and only for this thread and the programs that it starts. One thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.h"

namespace lightfast::test {

class SmallDisk {
 public:
  // With tmpfs' own options, e.g. "size=8m,nr_inodes=200". Null where nothing can be mounted (without root, say): then
  // that is said aloud, and the test is to end.
  static std::unique_ptr<SmallDisk> mount(std::string_view options);
  SmallDisk(const SmallDisk&) = delete;
  ~SmallDisk();

  const std::filesystem::path& path() const { return path_; }
  // As something else on the disk would: a file that takes all that is free, but for `left` bytes.
  void fill(std::uint64_t left = 0) const;
  void fill_inodes(std::uint64_t left = 0) const;
  void make_room() const;  // both are gone again
  std::uint64_t free_bytes() const;
  std::uint64_t free_inodes() const;

 private:
  SmallDisk() = default;
  std::filesystem::path filler() const { return path_ / "filler"; }

  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "disk";
};

}  // namespace lightfast::test
