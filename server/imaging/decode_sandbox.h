// Limits of the child that decodes untrusted bytes: memory, CPU, files, and the system calls it may make. Called in
// the child alone, on its only thread.
#pragma once

#include <cstdint>

#include "base/unique_fd.h"

namespace lightfast::imaging {

class DecodeSandbox {
 public:
  // Enters for good: no new privileges, no core file, no file written, few descriptors, and system calls from a short
  // list, every other one failing with EPERM. What the kernel does not have is left out. Under a sanitizer, which
  // needs address space, files and calls of its own, only the limits on descriptors and CPU are set.
  DecodeSandbox();

  // For the next image: so much memory beyond what the process had at its start, so much CPU from now on. A process
  // over the second one is killed.
  void limit(std::uint64_t memory_bytes, std::uint32_t cpu_seconds);

  std::uint64_t resident_bytes() const;  // now; 0 where /proc is missing

 private:
  enum class Statm { virtual_size = 0, resident = 1 };
  std::uint64_t statm_bytes(Statm field) const;

  UniqueFd statm_;  // open from before the calls are restricted
  std::uint64_t initial_bytes_ = 0;
};

}  // namespace lightfast::imaging
