#include "server/imaging/system_call_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lightfast::imaging {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t kArchitecture = 0;  // unknown numbers: no filter
#endif

constexpr long kAllowed[] = {SYS_recvmsg,        SYS_sendmsg,
                             SYS_close,          SYS_pread64,  // socket, statm
                             SYS_mmap,           SYS_munmap,
                             SYS_mremap,         SYS_mprotect,  // memory
                             SYS_madvise,        SYS_brk,
                             SYS_futex,          SYS_getrandom,  //
                             SYS_prlimit64,      SYS_getrusage,
                             SYS_clock_gettime,  SYS_sched_getaffinity,  // limits, time, CPUs
                             SYS_sched_yield,    SYS_rt_sigreturn,
                             SYS_rt_sigprocmask, SYS_rt_sigaction,  // signals and the end
                             SYS_gettid,         SYS_getpid,
                             SYS_tgkill,         SYS_exit,
                             SYS_exit_group,     SYS_restart_syscall};

sock_filter statement(std::uint32_t code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}

// Goes on with the next statement where the loaded word is `value`, else passes it by.
sock_filter unless_equal_skip(std::uint32_t value) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value};
}

sock_filter if_equal_skip(std::uint32_t value) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value};
}

std::vector<sock_filter> make_program() {
  constexpr std::uint32_t kLoad = BPF_LD | BPF_W | BPF_ABS;
  constexpr std::uint32_t kReturn = BPF_RET | BPF_K;
  std::vector<sock_filter> program;
  program.push_back(statement(kLoad, offsetof(seccomp_data, arch)));
  program.push_back(if_equal_skip(kArchitecture));
  program.push_back(statement(kReturn, SECCOMP_RET_KILL_PROCESS));
  program.push_back(statement(kLoad, offsetof(seccomp_data, nr)));
  for (const long number : kAllowed) {
    program.push_back(unless_equal_skip(static_cast<std::uint32_t>(number)));
    program.push_back(statement(kReturn, SECCOMP_RET_ALLOW));
  }
  program.push_back(statement(kReturn, SECCOMP_RET_ERRNO | EPERM));
  return program;
}

}  // namespace

bool restrict_system_calls() {
  if (kArchitecture == 0) return false;
  auto filter = make_program();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

}  // namespace lightfast::imaging
