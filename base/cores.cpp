#include "base/cores.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <thread>

namespace lightfast {

unsigned cores_of_quota(std::string_view cpu_max) {
  std::uint64_t quota = 0;
  std::uint64_t period = 0;
  const char* const end = cpu_max.data() + cpu_max.size();
  const auto [space, no_quota] = std::from_chars(cpu_max.data(), end, quota);
  if (no_quota != std::errc() || space == end || *space != ' ') return 0;
  const auto [rest, no_period] = std::from_chars(space + 1, end, period);
  if (no_period != std::errc() || period == 0 || quota == 0) return 0;
  return static_cast<unsigned>((quota + period - 1) / period);
}

unsigned usable_cores() {
  unsigned cores = std::thread::hardware_concurrency();
  cpu_set_t pinned;
  if (::sched_getaffinity(0, sizeof pinned, &pinned) == 0) cores = static_cast<unsigned>(CPU_COUNT(&pinned));
  std::string cpu_max;
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  if (std::getline(file, cpu_max)) {
    if (const unsigned allowed = cores_of_quota(cpu_max); allowed > 0) cores = std::min(cores, allowed);
  }
  return std::max(cores, 1U);
}

}  // namespace lightfast
