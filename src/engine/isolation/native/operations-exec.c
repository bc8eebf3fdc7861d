#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operations.h"
#include "sync.h"
#include "syscalls.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Exit codes of a shell, for a program that `start` could not tell anybody about any more; and ours for whom its creator has left too early.
enum { NOT_STARTED = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

static const char *find_variable(char *const *environment, const char *name) {
  size_t length = strlen(name);
  for (; *environment; environment++)
    if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') return *environment + length + 1;
  return NULL;
}

typedef int attempt_t(const char *path, char *const *arguments, char *const *environment);

// Every file that the program's name may mean, until one attempt succeeds. 0, or the errno of the last attempt that says more than "not here".
static int try_program(attempt_t *attempt, char *const *arguments, char *const *environment) {
  const char *name = arguments[0];
  if (!*name) return ENOENT;
  if (strchr(name, '/')) return attempt(name, arguments, environment) == 0 ? 0 : errno;
  char path[PATH_MAX];
  int number = ENOENT;
  const char *folders = find_variable(environment, "PATH");
  for (const char *at = folders ? folders : DEFAULT_PATH;; at++) {
    int length = (int)strcspn(at, ":");
    if (snprintf(path, sizeof path, "%.*s/%s", length > 0 ? length : 1, length > 0 ? at : ".", name) < (int)sizeof path) {
      if (attempt(path, arguments, environment) == 0) return 0;
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

// The first descriptor that the program must not have.
static int first_closed(const plan_t *plan, unsigned *first, failure_t *failure) {
  const record_t *keep = plan_setting(plan, SETTING_KEEP);
  uint64_t count = 0;
  if (keep && record_number(keep, 0, INT16_MAX, &count, failure) < 0) return -1;
  *first = 3U + (unsigned)count;
  return 0;
}

// The runtime that would have told it has ended long ago: what is left is the program's own stderr.
static _Noreturn void end_unheard(const char *name, int number) {
  dprintf(STDERR_FILENO, "exec %s: %s\n", name, strerror(number));
  _exit(number == ENOENT || number == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE);
}

int operation_EXEC(context_t *context, const record_t *record, failure_t *failure) {
  static const message_t executing = {.kind = MESSAGE_EXECUTING};
  unsigned first = 0;
  if (first_closed(context->plan, &first, failure) < 0) return -1;
  if (sys_close_range(first, CLOSE_RANGE_CLOEXEC) < 0) return fail(failure, errno, "", "cannot close what the program must not have");
  if (reset_signals(failure) < 0 || die_with_monitor(context, failure) < 0) return -1;
  // From here on the end of file means that the program runs. The layers go with it: the monitor lets go of them when it has told of the program's end.
  if (context->sync >= 0 && sync_send(context->sync, &executing, plan_operation(context->plan, OPERATION_OVERLAY) ? context->root : -1) < 0)
    return fail(failure, ESRCH, "", "the monitor has gone");
  int number = try_program(execve, context->arguments, context->environment);
  if (context->sync < 0) end_unheard(record_text(record, 0), number);
  return fail(failure, number, record_text(record, 0), "cannot execute %.100s", record_text(record, 0));
}

static int is_program(const char *path, char *const *arguments, char *const *environment) {
  struct stat status;
  (void)arguments;
  (void)environment;
  if (stat(path, &status) < 0) return -1;
  if (S_ISREG(status.st_mode)) return access(path, X_OK);
  errno = EACCES;
  return -1;
}

// Whoever made the process says that it is on its own. read(2) and no more than that: a filter is in force, which may know nothing else.
static void part_from_monitor(context_t *context) {
  message_t message;
  ssize_t count;
  do count = read(context->sync, &message, sizeof message);
  while (count < 0 && errno == EINTR);
  // It has given up, or has died.
  if (count != (ssize_t)sizeof message) _exit(NOT_STARTED);
  close(context->sync);
  context->sync = -1;
}

int operation_START(context_t *context, const record_t *record, failure_t *failure) {
  static const message_t waiting = {.kind = MESSAGE_WAITING};
  char byte = 0;
  unsigned first = 0;
  ssize_t count;
  if (first_closed(context->plan, &first, failure) < 0) return -1;
  // Now there is somebody to hear that there is no such program. A filter may refuse the question: then the answer is execve's.
  int number = try_program(is_program, context->arguments, context->environment);
  if (number == ENOENT || number == ENOTDIR || number == EACCES) {
    failure_name_operation(failure, plan_word(OPERATION_EXEC));
    return fail(failure, number, context->arguments[0], "cannot execute %.100s", context->arguments[0]);
  }
  if (sync_send(context->sync, &waiting, -1) < 0) return fail(failure, ESRCH, "", "the runtime has gone");
  part_from_monitor(context);
  // Nothing of the host stays open: it may be long until the start, and the runtime waits for the end of its socket.
  if (dup2(context->sources[context->index], (int)first) < 0 || sys_close_range(first + 1, 0) < 0) return fail(failure, errno, record_text(record, 0), "cannot close what is the host's");
  do count = read((int)first, &byte, 1);
  while (count < 0 && errno == EINTR);
  return count == 1 ? 0 : fail(failure, errno, record_text(record, 0), "cannot wait for the start");
}
