#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "operations.h"
#include "sync.h"
#include "syscalls.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *find_variable(char *const *environment, const char *name) {
  size_t length = strlen(name);
  for (; *environment; environment++)
    if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') return *environment + length + 1;
  return NULL;
}

// The errno of the last attempt that says more than "not here".
static int execute(char *const *arguments, char *const *environment) {
  const char *name = arguments[0];
  if (!*name) return ENOENT;
  if (strchr(name, '/')) {
    execve(name, arguments, environment);
    return errno;
  }
  char path[PATH_MAX];
  int number = ENOENT;
  const char *folders = find_variable(environment, "PATH");
  for (const char *at = folders ? folders : DEFAULT_PATH;; at++) {
    int length = (int)strcspn(at, ":");
    if (snprintf(path, sizeof path, "%.*s/%s", length > 0 ? length : 1, length > 0 ? at : ".", name) < (int)sizeof path) {
      execve(path, arguments, environment);
      if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return errno;
      if (errno == EACCES) number = EACCES;
    }
    at += length;
    if (!*at) return number;
  }
}

// Handlers go with execve by themselves; what is ignored or blocked in the monitor would stay. Nobody ignores a real-time signal.
static int reset_signals(failure_t *failure) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigset_t none;
  sigemptyset(&none);
  for (int i = 1; i <= SIGSYS; i++) sigaction(i, &action, NULL);
  return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? fail(failure, errno, "", "cannot unblock the signals") : 0;
}

int operation_EXEC(context_t *context, const record_t *record, failure_t *failure) {
  static const message_t executing = {.kind = MESSAGE_EXECUTING};
  if (sys_close_range(3, CLOSE_RANGE_CLOEXEC) < 0) return fail(failure, errno, "", "cannot close what the program must not have");
  if (reset_signals(failure) < 0 || die_with_monitor(context, failure) < 0) return -1;
  // From here on the end of file means that the program runs. The layers go with it: the monitor lets go of them when it has told of the program's end.
  if (sync_send(context->sync, &executing, plan_operation(context->plan, OPERATION_OVERLAY) ? context->root : -1) < 0) return fail(failure, ESRCH, "", "the monitor has gone");
  return fail(failure, execute(context->arguments, context->environment), record_text(record, 0), "cannot execute %.100s", record_text(record, 0));
}
