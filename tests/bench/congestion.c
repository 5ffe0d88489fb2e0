// Preloaded into a server that has no setting for it: every listening socket gets the congestion control that
// BENCH_CONGESTION names, and connections inherit it, so that all servers are compared with the same.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int listen(int socket, int backlog) {
  static int (*real)(int, int);
  if (!real) real = (int (*)(int, int))dlsym(RTLD_NEXT, "listen");
  const char* name = getenv("BENCH_CONGESTION");
  if (name) setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name));
  return real(socket, backlog);
}
