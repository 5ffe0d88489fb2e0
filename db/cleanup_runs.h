// What past cleanups took, for those who ask afterwards. Each call on its session's thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace lightfast::db {

struct CleanupSum {
  std::uint64_t images = 0;
  std::uint64_t bytes = 0;
};

struct CleanupRun {
  std::uint64_t id = 0;  // given by insert(); larger is later
  Timestamp started_at{};
  Timestamp finished_at{};
  std::string trigger;                      // who asked for it: daily, command, …
  std::map<std::string, CleanupSum> taken;  // by reason: trash, ttl, user_limit, version, space
  std::uint64_t errors = 0;
  std::string error_detail;  // of the first one
};

class CleanupRuns {
 public:
  virtual ~CleanupRuns() = default;
  virtual Result<std::vector<CleanupRun>> latest(std::uint32_t limit) const = 0;  // newest first
  virtual Result<std::uint64_t> insert(const CleanupRun& run) = 0;  // gives the id; only the newest 1,000 are kept
};

}  // namespace lightfast::db
