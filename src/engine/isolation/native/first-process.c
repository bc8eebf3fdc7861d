#define _GNU_SOURCE
#include "first-process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "operations.h"
#include "sync.h"
#include "syscalls.h"

enum { NOT_STARTED = 125 };

int is_staged(const sources_t *sources) { return sources->join_count > 0; }

unsigned first_process_flags(const sources_t *sources) {
  unsigned made = CLONE_NEWCGROUP | (sources->network >= 0 ? CLONE_NEWNET : 0U);
  return sources->clone_flags & ~made;
}

int is_held(const plan_t *plan, const sources_t *sources) {
  // Of two that send on one socket the process in between must be first.
  return is_staged(sources) || sources->clone_flags & CLONE_NEWUSER || plan_setting(plan, SETTING_HANDSHAKE) || plan_operation(plan, OPERATION_RLIMIT) || plan_operation(plan, OPERATION_OOM_SCORE_ADJ);
}

int can_borrow_memory(const plan_t *plan, const sources_t *sources) {
  // An init never executes anything, who waits for `start` not yet; and who shares memory may not enter a time namespace.
  return !is_held(plan, sources) && !plan_operation(plan, OPERATION_INIT) && !plan_operation(plan, OPERATION_START) && !((sources->clone_flags | sources->target_flags) & CLONE_NEWTIME);
}

static _Noreturn void give_up(const start_t *start, const failure_t *failure) {
  message_t message = {.kind = MESSAGE_FAILURE, .failure = *failure};
  sync_send(start->sync, &message, -1);
  _exit(NOT_STARTED);
}

// One thread that writes its own 0 to `tasks` takes no lock; `cgroup.procs`, or another's pid, waits for a grace period of the kernel (11 ms).
static int join_cgroup(const char *folder) {
  char path[4096];
  snprintf(path, sizeof path, "%s/tasks", folder);
  cleanup_close int tasks = sys_open(path, O_WRONLY, 0);
  return tasks < 0 || write(tasks, "0", 1) < 0 ? -1 : 0;
}

static int join_cgroups(const plan_t *plan, failure_t *failure) {
  const record_t *folders = plan_setting(plan, SETTING_CGROUP_V1);
  for (uint32_t i = 0; folders && i < folders->count; i++)
    if (join_cgroup(record_text(folders, i)) < 0) {
      failure_name_operation(failure, "cgroup-v1");
      return fail(failure, errno, record_text(folders, i), "cannot join the cgroup");
    }
  return 0;
}

// In the pid namespace it is since it was made, not dumpable: launch.c.
static int enter_target(const sources_t *sources, failure_t *failure) {
  int flags = (int)(sources->target_flags & ~(unsigned)CLONE_NEWPID);
  if (sources->target < 0 || flags == 0 || setns(sources->target, flags) == 0) return 0;
  failure_name_operation(failure, "target");
  return fail(failure, errno, "", "cannot enter the container");
}

static int enter_joined(const sources_t *sources, failure_t *failure) {
  // Whoever is inside already must not look into this process: it holds descriptors of the host.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return fail(failure, errno, "", "cannot hide from the container");
  for (size_t i = 0; i < sources->join_count; i++)
    if (setns(sources->joins[i].descriptor, (int)sources->joins[i].flag) < 0) {
      failure_name_operation(failure, "join");
      return fail(failure, errno, "", "cannot enter a namespace");
    }
  return 0;
}

void run_process_between(const void *argument) {
  const start_t *start = argument;
  failure_t failure = {0};
  struct clone_args arguments = {.flags = first_process_flags(start->sources) | CLONE_PARENT};
  close(start->monitor_sync);
  if (join_cgroups(start->plan, &failure) < 0 || enter_joined(start->sources, &failure) < 0) give_up(start, &failure);
  // CLONE_PARENT: the monitor is the parent and the one that waits; the pid is returned as this process, still in the monitor's pid namespace, sees it.
  pid_t pid = sys_clone3(&arguments);
  if (pid == 0) run_first_process(start);
  if (pid < 0) {
    failure_name_operation(&failure, "clone");
    fail(&failure, errno, "", "cannot make the first process");
    give_up(start, &failure);
  }
  message_t message = {.kind = MESSAGE_CLONED, .pid = pid};
  sync_send(start->sync, &message, -1);
  _exit(0);
}

// The end of file means that the monitor has given up or has died.
static void wait_for_go(const start_t *start, int *overlay) {
  message_t message;
  if (sync_receive(start->sync, &message, overlay) <= 0 || message.kind != MESSAGE_GO) _exit(NOT_STARTED);
}

static int set_streams(const start_t *start, failure_t *failure) {
  int streams[] = {start->stdio.input, start->stdio.output, start->stdio.error};
  if (plan_setting(start->plan, SETTING_TERMINAL)) return 0;
  // Out of the way first, so that none is overwritten before it is used. The program's execve closes what is left over.
  for (int i = 0; i < 3; i++)
    if (streams[i] < 3 && (streams[i] = fcntl(streams[i], F_DUPFD_CLOEXEC, 3)) < 0) return fail(failure, errno, "", "cannot take standard stream %d", i);
  for (int i = 0; i < 3; i++)
    if (dup2(streams[i], i) < 0) return fail(failure, errno, "", "cannot set standard stream %d", i);
  return 0;
}

static int become_root(failure_t *failure) {
  if (sys_setgroups(0, NULL) == 0 && sys_setresgid(0) == 0 && sys_setresuid(0) == 0) return 0;
  failure_name_operation(failure, "uid-map");
  return fail(failure, errno, "", "cannot become root of the user namespace");
}

static int is_in_user_namespace(const sources_t *sources) { return sources->target_flags & CLONE_NEWUSER || sources_change_user_namespace(sources); }

static int prepare(const start_t *start, context_t *context, failure_t *failure) {
  const sources_t *sources = start->sources;
  if (context->user_namespace && become_root(failure) < 0) return -1;
  // An error here means that the process leads a session already, which is what is wanted.
  setsid();
  if (set_streams(start, failure) < 0) return -1;
  // Nothing that is mounted here may reach the host, nor the other way round.
  if (sources->clone_flags & CLONE_NEWNS && sys_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return fail(failure, errno, "/", "cannot make the mounts private");
  if (plan_operation(start->plan, OPERATION_SYSCTL) && open_private_procfs(context, failure) < 0) {
    failure_name_operation(failure, "sysctl");
    return -1;
  }
  if (sources->target < 0) return 0;
  context->root = sys_open("/", O_PATH | O_DIRECTORY, 0);
  if (context->root < 0) return fail(failure, errno, "/", "cannot open the container's root");
  return plan_setting(start->plan, SETTING_TERMINAL) && !plan_operation(start->plan, OPERATION_CONSOLE) ? open_console(context, "", failure) : 0;
}

void run_first_process(const void *argument) {
  const start_t *start = argument;
  failure_t failure = {0};
  const sources_t *sources = start->sources;
  context_t context = {
      .plan = start->plan, .sources = sources->operations, .layers = sources->layers, .arguments = sources->arguments, .environment = sources->environment, .sync = start->sync, .root = -1, .procfs = -1, .null = -1, .empty = -1, .folder = -1, .overlay = -1, .user_namespace = is_in_user_namespace(sources)};
  if (!is_staged(sources)) close(start->monitor_sync);
  if (!is_staged(sources) && (join_cgroups(start->plan, &failure) < 0 || enter_target(sources, &failure) < 0)) give_up(start, &failure);
  if (sources->clone_flags & CLONE_NEWCGROUP && unshare(CLONE_NEWCGROUP) < 0) {
    failure_name_operation(&failure, "clone");
    fail(&failure, errno, "cgroup", "cannot make the cgroup namespace");
    give_up(start, &failure);
  }
  if (is_held(start->plan, sources)) wait_for_go(start, &context.overlay);
  // Modes of what is made are exactly those of the plan; the program's own mask is an operation.
  umask(0);
  if (prepare(start, &context, &failure) == 0) run_operations(&context, &failure);
  failure_name_operation(&failure, "clone");
  give_up(start, &failure);
}
