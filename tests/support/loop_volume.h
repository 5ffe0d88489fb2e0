// A file system of its own in a file, mounted where nobody else sees it, that can be cut off in mid-write: what had not
// reached its log by then is gone, as after a power cut. (What had been handed to its disk stays: the cache of a real
// disk is not modelled.) Needs root and loop devices. One thread at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace lightfast::test {

// Gives this thread mounts of its own (private_mounts.h); the reason where there can be no such volumes.
std::optional<std::string> why_no_loop_volumes();

class LoopVolume {
 public:
  // Makes the file system ("ext4" or "xfs") in `folder`. Throws with what the tools said.
  LoopVolume(std::string file_system, const std::filesystem::path& folder, std::uintmax_t size_bytes);
  LoopVolume(const LoopVolume&) = delete;
  ~LoopVolume();

  void mount();
  void fail();     // ext4: from now on it can only be read
  void cut();      // no flush of the log
  void unmount();  // waits for those who still hold files open on it

  const std::filesystem::path& path() const { return mount_point_; }

 private:
  std::string run(const std::string& program, const std::vector<std::string>& arguments);

  const std::string file_system_;
  const std::filesystem::path folder_;
  const std::filesystem::path image_;
  const std::filesystem::path mount_point_;
  bool mounted_ = false;
};

}  // namespace lightfast::test
