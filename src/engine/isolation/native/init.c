#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "operations.h"
#include "syscalls.h"

// Reaps what ended. When the program did, so does the container.
static void reap(pid_t program) {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
    if (pid == program) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static _Noreturn void supervise(pid_t program, const sigset_t *signals) {
  for (;;) {
    siginfo_t info;
    int number = sigwaitinfo(signals, &info);
    if (number == SIGCHLD)
      reap(program);
    else if (number > 0)
      kill(program, number);
  }
}

// In the foreground of the terminal, if there is one: the first process leads the session, and keys such as ^C go to the foreground only.
static void take_foreground(void) {
  setpgid(0, 0);
  // Not yet in the foreground, this would stop the process; SIGTTOU is blocked.
  tcsetpgrp(0, getpid());
}

int become_init(const context_t *context, failure_t *failure) {
  sigset_t signals;
  (void)context;
  sigfillset(&signals);
  // A fault of this process itself must end it.
  static const int own[] = {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) sigdelset(&signals, own[i]);
  // Signals that come before the program is there wait; what the monitor ignores would be lost.
  for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
  if (sigprocmask(SIG_SETMASK, &signals, NULL) < 0) return fail(failure, errno, "", "cannot block the signals");
  pid_t program = fork();
  if (program < 0) return fail(failure, errno, "", "cannot make the program's process");
  if (program == 0) {
    take_foreground();
    return 0;
  }
  // Nothing of the monitor stays open here, and nobody inside can look into this process.
  sys_close_range(0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // Without a pid namespace of its own, orphans come here only so.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  supervise(program, &signals);
}
