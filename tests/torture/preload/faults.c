// Preloaded into the server: makes the n-th system call below one of the folders in LIGHTFAST_FAULT_ROOTS, which colons
// separate, fail as fault_control.h says, which lies in the file LIGHTFAST_FAULT_CONTROL. Reads of mapped memory, and
// what libc does inside itself, are not seen.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "tests/torture/fault_control.h"

static struct FaultControl* control;
static const char* roots;
static long (*real_syscall)(long, ...);
static DIR* (*real_opendir)(const char*);

__attribute__((constructor)) static void begin(void) {
  real_syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  real_opendir = (DIR * (*)(const char*)) dlsym(RTLD_NEXT, "opendir");
  const char* file = getenv("LIGHTFAST_FAULT_CONTROL");
  roots = getenv("LIGHTFAST_FAULT_ROOTS");
  if (file == NULL || roots == NULL) return;
  const int fd = (int)real_syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void* mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  real_syscall(SYS_close, fd);
  if (mapped != MAP_FAILED) control = mapped;
}

enum Effect { READS, WRITES, OPENS, OPENS_TO_WRITE, CREATES, CHANGES_NAMES, REMOVES, SYNCS };

struct Call {
  const char* name;
  enum Effect effect;
  int folder;        // of the path, or the descriptor where there is no path
  const char* path;  // NULL: the descriptor tells
  long number;
  long arguments[6];
  int size_argument;  // its index, -1 where no bytes are moved
};

static int befalls(enum Fault fault, const struct Call* call) {
  const enum Effect effect = call->effect;
  const int opens = effect == OPENS || effect == OPENS_TO_WRITE || effect == CREATES;
  switch (fault) {
    case FAULT_EIO:
    case FAULT_KILL_BEFORE:
    case FAULT_KILL_AFTER: return 1;
    case FAULT_ENOSPC:
    case FAULT_EDQUOT: return effect == WRITES || effect == CREATES || effect == CHANGES_NAMES || effect == SYNCS;
    case FAULT_EROFS: return effect != READS && effect != OPENS && effect != SYNCS;
    case FAULT_EMFILE: return opens;
    case FAULT_SHORT: return call->size_argument >= 0 && call->arguments[call->size_argument] > 1;
    case FAULT_KILL_SHORT:
      return effect == WRITES && call->size_argument >= 0 && call->arguments[call->size_argument] > 1;
    default: return 0;
  }
}

static int error_of(enum Fault fault) {
  switch (fault) {
    case FAULT_ENOSPC: return ENOSPC;
    case FAULT_EDQUOT: return EDQUOT;
    case FAULT_EROFS: return EROFS;
    case FAULT_EMFILE: return EMFILE;
    default: return EIO;
  }
}

static int path_of_descriptor(int fd, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const long length = real_syscall(SYS_readlink, link, path, size - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return 1;
}

static int is_below_a_root(const char* path) {
  for (const char* root = roots; *root != '\0';) {
    const size_t length = strcspn(root, ":");
    if (strncmp(path, root, length) == 0) return 1;
    root += length + (root[length] == ':');
  }
  return 0;
}

// Whether the call goes below a root; its whole path.
static int concerns_us(const struct Call* call, char* path, size_t size) {
  if (call->path == NULL) {
    if (!path_of_descriptor(call->folder, path, size)) return 0;
  } else if (call->path[0] == '/' || call->folder == AT_FDCWD) {
    snprintf(path, size, "%s", call->path);
  } else {
    if (!path_of_descriptor(call->folder, path, size)) return 0;
    const size_t length = strlen(path);
    snprintf(path + length, size - length, "/%s", call->path);
  }
  return is_below_a_root(path);
}

static long make(const struct Call* call) {
  const long* a = call->arguments;
  return real_syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// True if this call is to be hit.
static int strikes(const struct Call* call) {
  if (control == NULL || !__atomic_load_n(&control->armed, __ATOMIC_ACQUIRE)) return 0;
  char path[PATH_MAX];
  const int saved = errno;
  const int ours = concerns_us(call, path, sizeof path);
  errno = saved;
  if (!ours) return 0;
  uint64_t number = 0;
  for (uint32_t fault = FAULT_EIO; fault < FAULT_COUNT; ++fault) {
    if (!befalls(fault, call)) continue;
    const uint64_t counted = __atomic_add_fetch(&control->count[fault], 1, __ATOMIC_SEQ_CST);
    if (fault == control->fault) number = counted;
  }
  if (number == 0 || control->nth == 0) return 0;
  if (control->persistent ? number < control->nth : number != control->nth) return 0;
  if (__atomic_add_fetch(&control->struck, 1, __ATOMIC_SEQ_CST) == 1) {
    snprintf(control->first, sizeof control->first, "%s %.240s", call->name, path);
  }
  return 1;
}

static long success_of(const struct Call* call) {
  return call->size_argument >= 0 ? call->arguments[call->size_argument] : 0;
}

static void halve(struct Call* call) {
  call->arguments[call->size_argument] /= 2;
}

static void die(void) {
  real_syscall(SYS_kill, real_syscall(SYS_getpid), SIGKILL);
  for (;;) pause();
}

static long faulty(struct Call call) {
  if (!strikes(&call)) return make(&call);
  const enum Fault fault = control->fault;
  switch (fault) {
    case FAULT_SHORT: halve(&call); return make(&call);
    case FAULT_KILL_BEFORE: die(); break;
    case FAULT_KILL_SHORT:
      halve(&call);
      make(&call);
      die();
      break;
    case FAULT_KILL_AFTER:
      make(&call);
      die();
      break;
    default: break;
  }
  const int can_be_hidden =
      call.effect != READS && call.effect != OPENS && call.effect != OPENS_TO_WRITE && call.effect != CREATES;
  if (control->hidden && can_be_hidden) return success_of(&call);
  errno = error_of(fault);
  return -1;
}

static long on_descriptor(const char* name, enum Effect effect, long number, int fd, long b, long c, long d,
                          int size_argument) {
  const struct Call call = {name, effect, fd, NULL, number, {fd, b, c, d}, size_argument};
  return faulty(call);
}

static long on_path(const char* name, enum Effect effect, int folder, const char* path, long number, long a, long b,
                    long c, long d, long e) {
  const struct Call call = {name, effect, folder, path, number, {a, b, c, d, e}, -1};
  return faulty(call);
}

static enum Effect effect_of_open(long flags) {
  if (flags & O_CREAT) return CREATES;
  return (flags & O_ACCMODE) == O_RDONLY ? OPENS : OPENS_TO_WRITE;
}

static int open_anywhere(int folder, const char* path, int flags, unsigned mode) {
  return (int)on_path("open", effect_of_open(flags), folder, path, SYS_openat, folder, (long)path, flags, mode, 0);
}

static unsigned mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, unsigned) : 0;
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_anywhere(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_anywhere(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_anywhere(folder, path, flags, mode);
}

int openat64(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_anywhere(folder, path, flags, mode);
}

int __open_2(const char* path, int flags) {
  return open_anywhere(AT_FDCWD, path, flags, 0);
}

int __open64_2(const char* path, int flags) {
  return open_anywhere(AT_FDCWD, path, flags, 0);
}

DIR* opendir(const char* path) {
  const struct Call call = {"opendir", OPENS, AT_FDCWD, path, 0, {0}, -1};
  if (!strikes(&call)) return real_opendir(path);
  const enum Fault fault = control->fault;
  if (fault == FAULT_KILL_BEFORE || fault == FAULT_KILL_AFTER) die();
  errno = error_of(fault);
  return NULL;
}

// libc has no wrapper for openat2, which therefore comes through here.
long syscall(long number, ...) {
  va_list list;
  long a[6];
  va_start(list, number);
  for (int i = 0; i < 6; ++i) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2) {
    const struct open_how* how = (const struct open_how*)a[2];
    return on_path("openat2", effect_of_open((long)how->flags), (int)a[0], (const char*)a[1], number, a[0], a[1], a[2],
                   a[3], 0);
  }
  if (number == SYS_renameat2) {
    return on_path("rename", CHANGES_NAMES, (int)a[2], (const char*)a[3], number, a[0], a[1], a[2], a[3], a[4]);
  }
  return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t read(int fd, void* bytes, size_t size) {
  return on_descriptor("read", READS, SYS_read, fd, (long)bytes, (long)size, 0, 2);
}

ssize_t __read_chk(int fd, void* bytes, size_t size, size_t room) {
  (void)room;
  return read(fd, bytes, size);
}

ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  return on_descriptor("pread", READS, SYS_pread64, fd, (long)bytes, (long)size, offset, 2);
}

ssize_t pread64(int fd, void* bytes, size_t size, off_t offset) {
  return pread(fd, bytes, size, offset);
}

ssize_t __pread64_chk(int fd, void* bytes, size_t size, off_t offset, size_t room) {
  (void)room;
  return pread(fd, bytes, size, offset);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return on_descriptor("write", WRITES, SYS_write, fd, (long)bytes, (long)size, 0, 2);
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return on_descriptor("pwrite", WRITES, SYS_pwrite64, fd, (long)bytes, (long)size, offset, 2);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) {
  return pwrite(fd, bytes, size, offset);
}

// The file is what is read from.
ssize_t sendfile(int socket, int fd, off_t* offset, size_t size) {
  const struct Call call = {"sendfile", READS, fd, NULL, SYS_sendfile, {socket, fd, (long)offset, (long)size}, 3};
  return faulty(call);
}

ssize_t sendfile64(int socket, int fd, off_t* offset, size_t size) {
  return sendfile(socket, fd, offset, size);
}

int fsync(int fd) {
  return (int)on_descriptor("fsync", SYNCS, SYS_fsync, fd, 0, 0, 0, -1);
}

int fdatasync(int fd) {
  return (int)on_descriptor("fdatasync", SYNCS, SYS_fdatasync, fd, 0, 0, 0, -1);
}

int ftruncate(int fd, off_t size) {
  return (int)on_descriptor("ftruncate", WRITES, SYS_ftruncate, fd, size, 0, 0, -1);
}

int ftruncate64(int fd, off_t size) {
  return ftruncate(fd, size);
}

int rename(const char* from, const char* to) {
  return (int)on_path("rename", CHANGES_NAMES, AT_FDCWD, to, SYS_rename, (long)from, (long)to, 0, 0, 0);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return (int)on_path("rename", CHANGES_NAMES, to_folder, to, SYS_renameat2, from_folder, (long)from, to_folder,
                      (long)to, 0);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  return (int)on_path("rename", CHANGES_NAMES, to_folder, to, SYS_renameat2, from_folder, (long)from, to_folder,
                      (long)to, flags);
}

int link(const char* from, const char* to) {
  return (int)on_path("link", CHANGES_NAMES, AT_FDCWD, to, SYS_link, (long)from, (long)to, 0, 0, 0);
}

int unlink(const char* path) {
  return (int)on_path("unlink", REMOVES, AT_FDCWD, path, SYS_unlink, (long)path, 0, 0, 0, 0);
}

int unlinkat(int folder, const char* path, int flags) {
  return (int)on_path("unlink", REMOVES, folder, path, SYS_unlinkat, folder, (long)path, flags, 0, 0);
}

int rmdir(const char* path) {
  return (int)on_path("rmdir", REMOVES, AT_FDCWD, path, SYS_rmdir, (long)path, 0, 0, 0, 0);
}

int mkdir(const char* path, mode_t mode) {
  return (int)on_path("mkdir", CHANGES_NAMES, AT_FDCWD, path, SYS_mkdir, (long)path, mode, 0, 0, 0);
}

int mkdirat(int folder, const char* path, mode_t mode) {
  return (int)on_path("mkdir", CHANGES_NAMES, folder, path, SYS_mkdirat, folder, (long)path, mode, 0, 0);
}
