// A file system of its own in a file, mounted where nobody else sees it, that can be cut off in mid-write: what had not
// reached its log by then is gone, as after a power cut. (What had been handed to its disk stays: the cache of a real
// disk is not modelled.) Needs root and loop devices. One thread at a time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/unique_fd.h"

namespace lightfast::torture {

// Gives this process mounts of its own, which end with it. Before the first thread; the reason where it cannot be.
std::optional<std::string> make_mounts_private();

class LoopVolume {
 public:
  // Makes the file system ("ext4" or "xfs") in `folder`. Throws with what the tools said.
  LoopVolume(std::string file_system, const std::filesystem::path& folder);
  LoopVolume(const LoopVolume&) = delete;
  ~LoopVolume();

  void mount();
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

}  // namespace lightfast::torture
