#include "server/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace lightfast {
namespace {

constexpr std::size_t most_connections = 20'000;
constexpr std::size_t most_cached_files = 16'384;

}  // namespace

DescriptorShares share_descriptors(std::size_t limit) {
  const std::size_t cached_files = std::min(most_cached_files, limit / 4);
  return {std::min(most_connections, limit / 2), cached_files};
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  if (limit.rlim_cur < limit.rlim_max && ::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return std::min<rlim_t>(limit.rlim_cur, 1 << 20);
}

}  // namespace lightfast
