#include "server/imaging/decode_sandbox.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "server/imaging/system_call_filter.h"

namespace lightfast::imaging {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr rlim_t kMostDescriptors = 16;

void set_limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  ::setrlimit(resource, &both);
}

// The hard limit stays, so that the next image can have another one.
void set_soft_limit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
  ::setrlimit(resource, &limit);
}

}  // namespace

DecodeSandbox::DecodeSandbox() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {
  initial_bytes_ = statm_bytes(Statm::virtual_size);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_NOFILE, kMostDescriptors);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (kSanitized) return;
  set_limit(RLIMIT_FSIZE, 0);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  restrict_system_calls();
}

void DecodeSandbox::limit(std::uint64_t memory_bytes, std::uint32_t cpu_seconds) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto spent = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  set_soft_limit(RLIMIT_CPU, spent + cpu_seconds + 1);
  if (!kSanitized && initial_bytes_ != 0) set_soft_limit(RLIMIT_AS, initial_bytes_ + memory_bytes);
}

std::uint64_t DecodeSandbox::resident_bytes() const {
  return statm_bytes(Statm::resident);
}

std::uint64_t DecodeSandbox::statm_bytes(Statm field) const {
  char text[128] = {};
  if (!statm_ || ::pread(statm_.get(), text, sizeof text - 1, 0) <= 0) return 0;
  unsigned long long pages[2] = {};
  if (std::sscanf(text, "%llu %llu", &pages[0], &pages[1]) != 2) return 0;
  return pages[static_cast<int>(field)] * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace lightfast::imaging
