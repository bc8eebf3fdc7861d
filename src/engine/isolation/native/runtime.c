// runtime KEPT [wait]    makes a process for an OCI runtime: the first of a container, or (setting `target`) one more in it
//
// Nobody watches over it. This role is its parent, and ends when it has made it: then it is the child of whoever adopts orphans above (conmon, a containerd-shim). With `wait` the role
// stays until the process has ended, and says how; a terminal that no console socket gets is then relayed to its own streams. src/engine/oci-runtime/launch-process.ts is the other end.
//
//   descriptors     0, 1, 2 and KEPT more: the program's own. The next is the plan, the one after it the status, a socket:
//     {"created":{"pid":1}}                     setting `handshake`: its namespaces are there, nothing was done in them. One byte comes back
//     {"waiting":{"pid":1,"startTicks":2}}      operation `start`: it waits for the fifo. One byte comes back
//     {"started":{"pid":1,"startTicks":2}}      without that operation: the program runs
//     {"exit":{"exitCode":0,"signal":0}}        with `wait`
//     {"failed":{…}}                            as a monitor's
//
// The end of file in place of a byte means that the runtime has given up, or was killed: the process is killed too.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "device-program.h"
#include "journal.h"
#include "launch.h"
#include "relay.h"
#include "roles.h"
#include "sync.h"
#include "syscalls.h"

enum { MOST_KEPT = 1024 };

static int wait_for_byte(int status, failure_t *failure) {
  char byte = 0;
  ssize_t count;
  do count = read(status, &byte, 1);
  while (count < 0 && errno == EINTR);
  return count == 1 ? 0 : fail(failure, count < 0 ? errno : ECANCELED, "", "the runtime gave up");
}

static int shake_hands(int status, const launch_t *launch, const plan_t *plan, failure_t *failure) {
  if (!plan_setting(plan, SETTING_HANDSHAKE)) return 0;
  dprintf(status, "{\"created\":{\"pid\":%d}}\n", launch->pid);
  return wait_for_byte(status, failure);
}

// OCI runtimes send the name of the multiplexer along; nobody looks at it.
static int send_terminal(const launch_t *launch, const plan_t *plan, failure_t *failure) {
  char name[] = "/dev/ptmx";
  const record_t *setting = plan_setting(plan, SETTING_CONSOLE_SOCKET);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!setting || launch->terminal < 0) return 0;
  const char *path = record_text(setting, 0);
  failure_name_operation(failure, plan_word(SETTING_CONSOLE_SOCKET));
  if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >= (int)sizeof address.sun_path) return fail(failure, ENAMETOOLONG, path, "the path of the console socket is too long");
  cleanup_close int console = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (console < 0 || connect(console, (const struct sockaddr *)&address, sizeof address) < 0) return fail(failure, errno, path, "cannot connect to the console socket");
  if (send_with_descriptor(console, name, sizeof name - 1, launch->terminal) < 0) return fail(failure, errno, path, "cannot send the terminal to the console socket");
  failure->operation[0] = '\0';
  return 0;
}

static int tell_process(int status, const launch_t *launch, const char *word) {
  return dprintf(status, "{\"%s\":{\"pid\":%d,\"startTicks\":%" PRIu64 "}}\n", word, launch->pid, launch->start_ticks);
}

static int make_process(launch_t *launch, const plan_t *plan, int status, failure_t *failure) {
  static const launch_stdio_t own = {.input = 0, .output = 1, .error = 2};
  if (device_program_attach(plan, failure) < 0 || launch_prepare(launch, plan, NULL, failure) < 0) return -1;
  if (launch_clone(launch, plan, &own, failure) < 0 || shake_hands(status, launch, plan, failure) < 0) return -1;
  if (launch_release(launch, failure) < 0) return -1;
  if (send_terminal(launch, plan, failure) < 0) {
    kill(launch->pid, SIGKILL);
    return -1;
  }
  if (!launch->waits) return tell_process(status, launch, "started") < 0 ? -1 : 0;
  tell_process(status, launch, "waiting");
  return wait_for_byte(status, failure) < 0 ? -1 : launch_leave(launch, failure);
}

static void tell_exit(int status, pid_t pid, int terminal) {
  int word = 0;
  if (terminal >= 0) relay(terminal, pid);
  while (waitpid(pid, &word, 0) < 0 && errno == EINTR) continue;
  int signal = WIFSIGNALED(word) ? WTERMSIG(word) : 0;
  dprintf(status, "{\"exit\":{\"exitCode\":%d,\"signal\":%d}}\n", signal ? 128 + signal : WEXITSTATUS(word), signal);
}

int run_runtime(int argc, char **argv) {
  static plan_t plan;
  failure_t failure = {0};
  launch_t launch = LAUNCH_NONE;
  int kept = argc > 1 ? atoi(argv[1]) : 0;
  if (kept < 0 || kept > MOST_KEPT) return 125;
  int status = 4 + kept;
  fcntl(status, F_SETFD, FD_CLOEXEC);
  syscall(SYS_close_range, (unsigned)status + 1U, ~0U, 0U);
  umask(022);
  int result = plan_take(status - 1, &plan, &failure);
  if (result == 0) result = make_process(&launch, &plan, status, &failure);
  pid_t pid = launch.pid;
  int terminal = launch.terminal;
  launch.terminal = -1;
  // Kills what was not let go.
  launch_close(&launch);
  if (result < 0)
    tell_failed_status(status, &failure);
  else if (argc > 2)
    tell_exit(status, pid, terminal);
  plan_free(&plan);
  return result < 0;
}
