#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "first-process.h"
#include "id-map.h"
#include "lend-memory.h"
#include "processes.h"
#include "rlimits.h"
#include "sync.h"
#include "syscalls.h"

int launch_prepare(launch_t *launch, const plan_t *plan, const layers_t *layers, failure_t *failure) {
  *launch = (launch_t)LAUNCH_NONE;
  *failure = (failure_t){0};
  launch->sources = sources_open(plan, layers, failure);
  if (launch->sources) return 0;
  failure_name_operation(failure, "plan");
  return -1;
}

static void reap(pid_t pid) {
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

static void kill_first_process(launch_t *launch) {
  if (launch->pid <= 0) return;
  kill(launch->pid, SIGKILL);
  reap(launch->pid);
  launch->pid = -1;
}

static int set_pid_namespace(int descriptor, failure_t *failure) {
  if (setns(descriptor, CLONE_NEWPID) == 0) return 0;
  failure_name_operation(failure, "target");
  return fail(failure, errno, "", "cannot enter the pid namespace of the container");
}

static pid_t clone_process(const start_t *start, failure_t *failure) {
  const sources_t *sources = start->sources;
  int is_between = is_staged(sources);
  struct clone_args arguments = {.flags = is_between ? 0U : first_process_flags(sources), .exit_signal = SIGCHLD};
  if (sources->cgroup >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = (unsigned)sources->cgroup;
  }
  pid_t pid = can_borrow_memory(start->plan, sources) ? clone_lending_memory(&arguments, run_first_process, start) : sys_clone3(&arguments);
  if (pid == 0 && is_between) run_process_between(start);
  if (pid == 0) run_first_process(start);
  return pid < 0 ? fail(failure, errno, "", "cannot make the first process") : pid;
}

// The process is in the network in which it was made.
static pid_t clone_into_network(const start_t *start, failure_t *failure) {
  if (start->sources->network < 0) return clone_process(start, failure);
  cleanup_close int own = sys_open("/proc/self/ns/net", O_RDONLY, 0);
  if (own < 0 || setns(start->sources->network, CLONE_NEWNET) < 0) return fail(failure, errno, "", "cannot enter the network namespace");
  pid_t pid = clone_process(start, failure);
  // One's own can always be entered; if it could not, the monitor would go on in the container's network.
  if (setns(own, CLONE_NEWNET) < 0) abort();
  return pid;
}

// Which pid namespace one enters counts for the children only: this process goes there for the one clone. Whoever is inside already must not look into the first process, which holds
// descriptors of the host, from its first moment on: it inherits that from here.
static pid_t clone_into_target(const start_t *start, failure_t *failure) {
  const sources_t *sources = start->sources;
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return fail(failure, errno, "", "cannot hide from the container");
  if (!(sources->target_flags & CLONE_NEWPID)) return clone_process(start, failure);
  cleanup_close int own = sys_open("/proc/self/ns/pid", O_RDONLY, 0);
  if (own < 0) return fail(failure, errno, "", "cannot open the own pid namespace");
  if (set_pid_namespace(sources->target, failure) < 0) return -1;
  pid_t pid = clone_process(start, failure);
  // It cannot fail: one's own is always open. If it did, the next process of ours would be the container's.
  if (setns(own, CLONE_NEWPID) < 0) abort();
  return pid;
}

// The process in between says which pid it has made and ends.
static int receive_pid(launch_t *launch, pid_t between, failure_t *failure) {
  message_t message = {0};
  int descriptor = -1;
  int result = sync_receive(launch->sync, &message, &descriptor);
  close_descriptor(&descriptor);
  reap(between);
  if (result == 1 && message.kind == MESSAGE_CLONED) {
    launch->pid = message.pid;
    return 0;
  }
  if (result == 1 && message.kind == MESSAGE_FAILURE) {
    *failure = message.failure;
    return -1;
  }
  return fail(failure, result < 0 ? errno : ECHILD, "", "the process that enters the namespaces has died");
}

// Both are beyond what a user namespace may do, and the process may have left its rights behind when they come up.
static int set_limits(const plan_t *plan, pid_t pid, failure_t *failure) {
  char path[64];
  for (size_t i = 0; i < plan->operation_count; i++) {
    const record_t *record = &plan->operations[i];
    if (record->kind == OPERATION_RLIMIT && rlimit_raise(record, pid, failure) < 0) {
      failure_name_operation(failure, "rlimit");
      return -1;
    }
    if (record->kind != OPERATION_OOM_SCORE_ADJ) continue;
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
    cleanup_close int file = sys_open(path, O_WRONLY, 0);
    if (file >= 0 && write(file, record->fields[0].bytes, record->fields[0].length) >= 0) continue;
    failure_name_operation(failure, "oom-score-adj");
    return fail(failure, errno, record_text(record, 0), "cannot set oom_score_adj to %s", record_text(record, 0));
  }
  return 0;
}

// The pipes are the monitor's; a process in a user namespace can neither own nor give away what its root does not own.
static void give_streams(const launch_stdio_t *stdio, const id_map_t *map) {
  const int streams[] = {stdio->input, stdio->output, stdio->error};
  struct stat status;
  for (size_t i = 0; i < 3; i++)
    if (fstat(streams[i], &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) && fchown(streams[i], map->uid, map->gid) < 0) continue;
}

static int map_ids(launch_t *launch, const plan_t *plan, const launch_stdio_t *stdio, failure_t *failure) {
  id_map_t map = {.user_namespace = -1};
  if (!sources_change_user_namespace(launch->sources)) return 0;
  int is_new = launch->sources->clone_flags & CLONE_NEWUSER;
  int result = is_new ? id_map_write(plan, launch->pid, &map, failure) : id_map_read(launch->pid, &map, failure);
  if (result == 0) result = sources_map(launch->sources, plan, &map, &launch->overlay, failure);
  if (result == 0 && !plan_setting(plan, SETTING_TERMINAL)) give_streams(stdio, &map);
  close_descriptor(&map.user_namespace);
  return result;
}

int launch_clone(launch_t *launch, const plan_t *plan, const launch_stdio_t *stdio, failure_t *failure) {
  int ends[2];
  *failure = (failure_t){0};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
    failure_name_operation(failure, "clone");
    return fail(failure, errno, "", "cannot make a socket to the first process");
  }
  launch->sync = ends[0];
  launch->held = is_held(plan, launch->sources);
  const start_t start = {.plan = plan, .sources = launch->sources, .stdio = *stdio, .sync = ends[1], .monitor_sync = ends[0]};
  pid_t pid = launch->sources->target >= 0 ? clone_into_target(&start, failure) : clone_into_network(&start, failure);
  close(ends[1]);
  int result = pid < 0 ? -1 : 0;
  if (result == 0 && is_staged(launch->sources))
    result = receive_pid(launch, pid, failure);
  else
    launch->pid = pid;
  if (result == 0 && process_start_ticks(launch->pid, &launch->start_ticks) < 0) result = fail(failure, errno, "", "cannot read the start time of process %d", launch->pid);
  if (result == 0) result = map_ids(launch, plan, stdio, failure);
  if (result == 0) result = set_limits(plan, launch->pid, failure);
  if (result < 0) failure_name_operation(failure, "clone");
  return result;
}

// Reads what the process says until it executes its program or ends.
static int follow(launch_t *launch, failure_t *failure) {
  message_t message = {0};
  int executing = 0;
  int descriptor = -1;
  int result;
  while ((result = sync_receive(launch->sync, &message, &descriptor)) > 0) {
    if (message.kind == MESSAGE_TERMINAL && launch->terminal < 0)
      launch->terminal = descriptor;
    else if (message.kind == MESSAGE_EXECUTING && launch->root < 0)
      launch->root = descriptor;
    else
      close_descriptor(&descriptor);
    if (message.kind == MESSAGE_EXECUTING) executing = 1;
    if (message.kind == MESSAGE_WAITING) {
      launch->waits = 1;
      return 0;
    }
    if (message.kind != MESSAGE_FAILURE) continue;
    *failure = message.failure;
    return -1;
  }
  if (result == 0 && executing) return 0;
  return fail(failure, result < 0 ? errno : ECHILD, "", "the first process died before it could execute its program");
}

int launch_release(launch_t *launch, failure_t *failure) {
  static const message_t go = {.kind = MESSAGE_GO};
  *failure = (failure_t){0};
  int result = launch->held && sync_send(launch->sync, &go, launch->overlay) < 0 ? fail(failure, errno, "", "the first process has died") : 0;
  close_descriptor(&launch->overlay);
  launch->overlay = -1;
  // A process that failed before "go" has left word of it.
  failure_t last = {0};
  int followed = follow(launch, &last);
  if (result == 0 || last.operation[0]) {
    *failure = last;
    result = followed;
  }
  if (result == 0 && launch->waits) return 0;
  close(launch->sync);
  launch->sync = -1;
  if (result == 0) return 0;
  failure_name_operation(failure, "clone");
  kill_first_process(launch);
  return -1;
}

int launch_leave(launch_t *launch, failure_t *failure) {
  static const message_t go = {.kind = MESSAGE_GO};
  *failure = (failure_t){0};
  if (sync_send(launch->sync, &go, -1) < 0) return fail(failure, errno, "", "the first process has died");
  close(launch->sync);
  launch->sync = -1;
  return 0;
}

void launch_close(launch_t *launch) {
  // Still open: the process was not released.
  if (launch->sync >= 0) kill_first_process(launch);
  close_descriptor(&launch->sync);
  close_descriptor(&launch->terminal);
  close_descriptor(&launch->root);
  close_descriptor(&launch->overlay);
  sources_close(launch->sources);
  *launch = (launch_t)LAUNCH_NONE;
}
