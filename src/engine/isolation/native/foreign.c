#define _GNU_SOURCE
#include "foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "sync.h"
#include "syscalls.h"

static int split(const char *source, int *pid, int *path) {
  *path = 0;
  return sscanf(source, "/proc/%d/root%n", pid, path) == 1 && *path > 0 && source[*path] == '/';
}

int foreign_is(const char *source) {
  int pid = 0;
  int path = 0;
  return split(source, &pid, &path);
}

// In the namespace the path is resolved as its own processes do; whatever it leads to, it stays in there.
static _Noreturn void copy_there(int sync, int pid, const char *path, unsigned flags) {
  char name[64];
  message_t message = {.kind = MESSAGE_TERMINAL};
  snprintf(name, sizeof name, "/proc/%d/ns/mnt", pid);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  int namespace = open(name, O_RDONLY | O_CLOEXEC);
  int copy = namespace < 0 || setns(namespace, CLONE_NEWNS) < 0 ? -1 : sys_clone_tree(AT_FDCWD, path, flags);
  if (copy < 0) message = (message_t){.kind = MESSAGE_FAILURE, .failure = {.number = errno}};
  sync_send(sync, &message, copy);
  _exit(0);
}

int foreign_clone_tree(const char *source, unsigned flags) {
  int ends[2];
  int pid = 0;
  int path = 0;
  int copy = -1;
  message_t message = {0};
  if (!split(source, &pid, &path)) {
    errno = EINVAL;
    return -1;
  }
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -1;
  // A process of its own, because who enters a mount namespace loses root and working directory.
  pid_t helper = fork();
  if (helper == 0) copy_there(ends[1], pid, source + path, flags);
  close(ends[1]);
  int received = helper < 0 ? -1 : sync_receive(ends[0], &message, &copy);
  int number = received == 1 ? message.failure.number : received == 0 ? ECHILD : errno;
  while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR) continue;
  close(ends[0]);
  errno = number;
  return copy;
}
