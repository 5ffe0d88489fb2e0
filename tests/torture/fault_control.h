// Shared by the torture and the library that it preloads into the server: which system call is to fail, and what
// became of it. It lies in a file that both map; the library changes count, struck and first. From any thread with
// __atomic builtins; armed is set last. C and C++.
#pragma once

#include <stdint.h>

enum Fault {
  FAULT_NONE,
  FAULT_EIO,
  FAULT_ENOSPC,
  FAULT_EDQUOT,
  FAULT_EROFS,
  FAULT_EMFILE,
  FAULT_SHORT,       /* half of the bytes */
  FAULT_KILL_BEFORE, /* killed instead of the call */
  FAULT_KILL_AFTER,  /* killed when it has been made */
  FAULT_KILL_SHORT,  /* killed when half of the bytes have been written */
  FAULT_COUNT
};

struct FaultControl {
  uint32_t armed;
  uint32_t fault;              /* enum Fault */
  uint32_t persistent;         /* 0: only the n-th call, 1: all from it on */
  uint32_t hidden;             /* 1: the call is not made, but success is reported: a server that checks nothing */
  uint64_t nth;                /* counted from 1 among the calls that this fault can befall; 0: none */
  uint64_t count[FAULT_COUNT]; /* of calls since it was armed that each fault could have befallen */
  uint64_t struck;             /* how many calls were hit */
  char first[256];             /* the first of them: "write /data/lightfast.db-wal" */
};
