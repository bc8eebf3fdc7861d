// limited BYTES PROGRAM ARGUMENT…    becomes a program of the host that can make no file longer than BYTES, and that ends with the thread which started it
//
// It gives way to who reads what it makes: else it is done long before them, and they go on alone.
// SIGXFSZ ends it at that length, without a core file. Where it cannot be run: status 126, and a line on stderr as of every role.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "roles.h"

enum { CANNOT_RUN = 126, GIVES_WAY = 5 };

static int tell(const failure_t *failure) {
  failure_tell(failure);
  return CANNOT_RUN;
}

int run_limited(int argc, char **argv) {
  failure_t failure = {0};
  char *end = NULL;
  errno = 0;
  unsigned long long bytes = argc > 2 ? strtoull(argv[1], &end, 10) : 0;
  if (argc < 3 || errno != 0 || end == argv[1] || *end) {
    fail(&failure, EINVAL, argc > 1 ? argv[1] : "", "limited takes a number of bytes and a program");
    return tell(&failure);
  }
  pid_t parent = getppid();
  struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
  struct rlimit none = {0};
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0) {
    fail(&failure, errno, argv[2], "cannot limit the program");
    return tell(&failure);
  }
  // Where it may not, it is as urgent as all else.
  if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + GIVES_WAY) < 0) errno = 0;
  // It may have ended before there was a signal to tell it.
  if (getppid() != parent) return CANNOT_RUN;
  signal(SIGXFSZ, SIG_DFL);
  execv(argv[2], argv + 2);
  fail(&failure, errno, argv[2], "cannot run the program");
  return tell(&failure);
}
