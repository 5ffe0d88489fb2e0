// The parts of the torture. Each starts servers of its own, prints what it finds and returns an exit code: 0 nothing
// was lost, 1 something was, exit_skipped where this machine cannot do it.
#pragma once

#include "tests/torture/report.h"

namespace lightfast::torture {

int torture_by_kill(const Options& options);         // kill -9 under eight writers
int torture_by_backup_kill(const Options& options);  // kill -9 in the midst of backups
int torture_by_power_cut(const Options& options);    // a file system cut off in mid-write
int torture_by_faults(const Options& options);       // the n-th system call fails
int torture_by_rot(const Options& options);          // files changed behind the server's back
int torture_by_clock(const Options& options);        // clocks that jump

}  // namespace lightfast::torture
