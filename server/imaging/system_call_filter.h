// A seccomp filter for the decoding child: what memory, time, its socket and its end need is allowed, every other
// system call fails with EPERM. Nothing is killed for asking: libraries look for CPUs and the like and do without.
#pragma once

namespace lightfast::imaging {

// For the calling thread, for good; needs PR_SET_NO_NEW_PRIVS. False where the kernel has no seccomp.
bool restrict_system_calls();

}  // namespace lightfast::imaging
