// Preloaded into the server, takes one guarantee away from it, named in LIGHTFAST_WITHOUT: the torture must notice.
//   sync    fsync and fdatasync do nothing (power cuts must lose images)
//   order   renames and links below an images' folder are made 50 ms after they were said to be made (kills must lose
//           images)
//   stamp   files under the images' folder never seem to change their inode or change time (rot must be served)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum { NOTHING, SYNC, ORDER, STAMP } missing;

__attribute__((constructor)) static void read_environment(void) {
  const char* name = getenv("LIGHTFAST_WITHOUT");
  if (name == NULL) return;
  if (strcmp(name, "sync") == 0) missing = SYNC;
  if (strcmp(name, "order") == 0) missing = ORDER;
  if (strcmp(name, "stamp") == 0) missing = STAMP;
}

int fsync(int fd) {
  return missing == SYNC ? 0 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  return missing == SYNC ? 0 : (int)syscall(SYS_fdatasync, fd);
}

struct Rename {
  char from[PATH_MAX];
  char to[PATH_MAX];
};

static void* rename_later(void* argument) {
  struct Rename* names = argument;
  usleep(50 * 1000);
  syscall(SYS_rename, names->from, names->to);
  free(names);
  return NULL;
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned int flags) {
  if (missing != ORDER || strstr(to, "/img_") == NULL) {
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  }
  struct Rename* names = malloc(sizeof *names);
  pthread_t thread;
  if (names == NULL) return -1;
  snprintf(names->from, sizeof names->from, "%s", from);
  snprintf(names->to, sizeof names->to, "%s", to);
  if (pthread_create(&thread, NULL, rename_later, names) != 0) return -1;
  return pthread_detach(thread);
}

// SQLite tells files apart by their inode, so only images are lied about.
static int is_image(int fd) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  return strstr(path, "/images/") != NULL || strstr(path, "/temporary/") != NULL;
}

int fstat(int fd, struct stat* status) {
  const int outcome = (int)syscall(SYS_fstat, fd, status);
  if (outcome == 0 && missing == STAMP && is_image(fd)) {
    status->st_ino = 1;
    status->st_ctim.tv_sec = 0;
    status->st_ctim.tv_nsec = 0;
  }
  return outcome;
}
