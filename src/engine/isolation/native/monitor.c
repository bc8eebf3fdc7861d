#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "roles.h"
#include "syscalls.h"

enum { PLAN_DESCRIPTOR = 3, STATUS_DESCRIPTOR = 4, CLIENT_DESCRIPTOR = 5, MOST_FIRST_CLIENTS = 8 };
// Bytes: what a start uses at most, and what the call that gives it back uses itself.
enum { START_STACK = 256 * 1024, FRAMES_BELOW = 1024 };

// A real-time policy is the caller's alone, as it would be with a daemon: a new cgroup has no share of real time, and refuses whoever has such a policy. System calls, because musl's functions refuse.
static void leave_real_time(void) {
  const struct sched_param none = {.sched_priority = 0};
  long policy = syscall(SYS_sched_getscheduler, 0) & ~SCHED_RESET_ON_FORK;
  if (policy == SCHED_FIFO || policy == SCHED_RR || policy == SCHED_DEADLINE) syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
}

// Where no socket has been given for it, the status is told to who sends the plan.
static void share_plan_socket(void) {
  struct stat status;
  if (fstat(STATUS_DESCRIPTOR, &status) < 0 || !S_ISSOCK(status.st_mode)) dup2(PLAN_DESCRIPTOR, STATUS_DESCRIPTOR);
}

// Whoever started the monitor may go, and its terminal with it. What the engine wants, it says on the attach socket: signals are not for that.
static void leave_the_caller(int clients) {
  int last = CLIENT_DESCRIPTOR + (clients > 1 ? clients : 1) - 1;
  static const int ignored[] = {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
  int nothing = sys_open("/dev/null", O_RDWR, 0);
  for (int i = 0; i < 3 && nothing >= 0; i++) dup2(nothing, i);
  if (nothing > last) close(nothing);
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) signal(ignored[i], SIG_IGN);
  syscall(SYS_close_range, (unsigned)last + 1U, ~0U, 0U);
  for (int i = PLAN_DESCRIPTOR; i <= last; i++) fcntl(i, F_SETFD, FD_CLOEXEC);
  leave_real_time();
  setsid();
  umask(022);
  if (chdir("/") < 0) _exit(125);
  // Processes of a container without a pid namespace of its own come to us when their parent ends.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static void name_process(const plan_t *plan) {
  const record_t *id = plan_setting(plan, SETTING_ID);
  char name[16];
  snprintf(name, sizeof name, "gantry:%.8s", id ? record_text(id, 0) : "");
  prctl(PR_SET_NAME, name, 0, 0, 0);
}

static void add_first_clients(attach_t *attach, int clients) {
  for (int i = CLIENT_DESCRIPTOR; i < CLIENT_DESCRIPTOR + clients; i++) {
    struct stat status;
    if (fstat(i, &status) < 0) continue;
    if (S_ISSOCK(status.st_mode))
      attach_first_client(attach, i);
    else
      close(i);
  }
}

// `monitor COUNT`; one may be there where nothing is said of it.
static int read_clients(int argc, char **argv) {
  int clients = argc > 1 ? atoi(argv[1]) : 1;
  return clients < 1 || clients > MOST_FIRST_CLIENTS ? 1 : clients;
}

// `monitor COUNT network`: the engine has yet to make the plan, and the namespace takes a tenth of the start.
static int is_ahead(int argc, char **argv) { return argc > 2 && strcmp(argv[2], "network") == 0; }

// Connecting it takes another tenth: what that needs may come ahead of the plan.
static int begin_ahead(monitor_t *monitor, failure_t *failure) {
  failure_t ignored = {0};
  monitor->process.network.namespace_ = network_make_ahead(&ignored);
  int result = plan_take_next(PLAN_DESCRIPTOR, &monitor->ahead, failure);
  return result == 0 && monitor->ahead.setting_count > 0 ? monitor_connect(monitor, failure) : result;
}

// The plan is read where all is lost too: who cannot send it would not read why.
static int take_plan(monitor_t *monitor, int begun, failure_t *failure) {
  failure_t ignored = {0};
  int taken = plan_take_next(PLAN_DESCRIPTOR, &monitor->plan, begun == 0 ? failure : &ignored);
  close(PLAN_DESCRIPTOR);
  if (begun < 0 || taken < 0) return -1;
  if (monitor->plan.text) return 0;
  failure_name_operation(failure, "plan");
  return fail(failure, ECANCELED, "", "no plan has come");
}

static int open_and_start(monitor_t *monitor, int clients, int ahead, failure_t *failure) {
  if (monitor_begin(monitor, failure) < 0) return -1;
  if (take_plan(monitor, ahead ? begin_ahead(monitor, failure) : 0, failure) < 0) return -1;
  name_process(&monitor->plan);
  if (monitor_open(monitor, failure) < 0) return -1;
  add_first_clients(&monitor->attach, clients);
  return monitor_start(monitor, failure);
}

// Below this frame nothing is in use: the start took that of the stack, and a monitor that waits for its container needs none of it.
static __attribute__((noinline)) void give_back_stack(void) {
  char here = 0;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t end = ((uintptr_t)&here - FRAMES_BELOW) & ~(page - 1);
  // Part of it is mapped; that all of it is not is no failure.
  (void)madvise((void *)(end - START_STACK), START_STACK, MADV_DONTNEED);
}

int run_monitor(int argc, char **argv) {
  static monitor_t monitor;
  failure_t failure = {0};
  int clients = read_clients(argc, argv);
  share_plan_socket();
  leave_the_caller(clients);
  monitor.status = STATUS_DESCRIPTOR;
  monitor.lock = -1;
  monitor.process.network = (network_t)NETWORK_NONE;
  monitor.attach.listener.descriptor = -1;
  if (open_and_start(&monitor, clients, is_ahead(argc, argv), &failure) < 0) {
    network_end(&monitor.process.network);
    tell_failed_status(STATUS_DESCRIPTOR, &failure);
    // Without the lock the socket's path may be another monitor's.
    if (monitor.attach.listener.descriptor >= 0) attach_finish(&monitor.attach);
    // Before the status ends: whoever has read it to its end may start another monitor.
    if (monitor.lock >= 0) close(monitor.lock);
    return 1;
  }
  give_back_stack();
  loop_run(&monitor.loop);
  return 0;
}
