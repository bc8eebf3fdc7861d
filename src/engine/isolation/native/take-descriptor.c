#define _GNU_SOURCE
#include "take-descriptor.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "syscalls.h"

// One that listens is none.
static int is_connection(int descriptor) {
  int type = 0;
  int listens = 0;
  socklen_t length = sizeof type;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) < 0 || type != SOCK_STREAM) return 0;
  length = sizeof listens;
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && !listens;
}

// Then the process that has made it lives, and its number was nobody else's meanwhile.
static int is_connected(int connection) {
  struct pollfd polled = {.fd = connection};
  return poll(&polled, 1, 0) == 0;
}

int take_descriptor(int connection, uint32_t number, int *taken) {
  struct ucred peer = {0};
  socklen_t length = sizeof peer;
  // Whoever has connected: an engine, to the attach socket or to the helper that has started this monitor. 0: in a pid namespace that cannot be seen from here.
  if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return errno;
  if (peer.pid <= 0) return ESRCH;
  cleanup_close int process = sys_pidfd_open(peer.pid);
  if (process >= 0 && !is_connected(connection)) return ESRCH;
  int descriptor = process < 0 ? -1 : sys_pidfd_getfd(process, (int)number);
  if (descriptor < 0) return errno;
  if (!is_connection(descriptor)) {
    close(descriptor);
    return ENOTSOCK;
  }
  *taken = descriptor;
  return 0;
}
