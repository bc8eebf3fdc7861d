#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup-remove.h"
#include "cleanup.h"
#include "moment.h"
#include "monitor.h"
#include "namespaces.h"
#include "syscalls.h"

// Processes that outlived the first one and keep its output open have been killed; this long they may take to be gone.
#define SILENCE_LIMIT_MS 500

#define SCORE_FILE "/proc/self/oom_score_adj"

// A monitor is the last to go when memory is short: its container would die with it. The container must not inherit that, so it holds between launches only. Lowering needs
// CAP_SYS_RESOURCE; without it everything stays as it is.
static void lower_score(monitor_t *monitor) {
  cleanup_close int file = sys_open(SCORE_FILE, O_RDWR, 0);
  ssize_t length = file < 0 ? -1 : pread(file, monitor->score, sizeof monitor->score - 1, 0);
  if (length <= 0) return;
  monitor->score[length] = '\0';
  if (pwrite(file, "-999", 4, 0) < 0) monitor->score[0] = '\0';
}

static void raise_score(monitor_t *monitor) {
  if (monitor->score[0] == '\0') return;
  cleanup_close int file = sys_open(SCORE_FILE, O_WRONLY, 0);
  if (file < 0 || write(file, monitor->score, strlen(monitor->score)) < 0) return;
  monitor->score[0] = '\0';
}

static int launch(monitor_t *monitor, int handshake, failure_t *failure) {
  raise_score(monitor);
  oom_begin(&monitor->oom);
  int result = process_start(&monitor->process, handshake, failure);
  if (result < 0) return -1;
  monitor->has_exited = 0;
  journal_start(monitor->journal, monitor->process.pid, monitor->process.start_ticks);
  probe_begin(&monitor->probe, monitor->process.pid, monitor->process.start_ticks);
  attach_resume_stdin(&monitor->attach);
  return 0;
}

int monitor_start(monitor_t *monitor, failure_t *failure) {
  int handshake = plan_setting(&monitor->plan, SETTING_HANDSHAKE) ? monitor->status : -1;
  if (launch(monitor, handshake, failure) < 0) return -1;
  dprintf(monitor->status, "{\"started\":{\"pid\":%d,\"startTicks\":%" PRIu64 "}}\n", monitor->process.pid, monitor->process.start_ticks);
  close(monitor->status);
  monitor->status = -1;
  lower_score(monitor);
  return 0;
}

void monitor_restart_due(void *owner) {
  monitor_t *monitor = owner;
  failure_t failure = {0};
  if (monitor->log) log_end(monitor->log);
  int result = launch(monitor, -1, &failure);
  lower_score(monitor);
  if (result == 0) return;
  journal_failed(monitor->journal, &failure, 1);
  monitor->last_exit.is_final = 1;
  monitor_finish(monitor);
}

static void plan_next_run(monitor_t *monitor, uint64_t ran_ms) {
  exit_record_t *record = &monitor->last_exit;
  int again = !monitor->is_final && restart_decide(&monitor->restart, record->exit_code, ran_ms);
  record->is_final = !again;
  journal_exit(monitor->journal, record);
  if (again) {
    process_release_root(&monitor->process);
    journal_restarting(monitor->journal, monitor->restart.attempts, monitor->restart.delay_ms);
    timer_start(&monitor->restart_timer, monitor->restart.delay_ms);
  } else {
    timer_start(&monitor->finish_timer, process_is_silent(&monitor->process) ? 0 : SILENCE_LIMIT_MS);
  }
}

static int has_own_pid_namespace(const plan_t *plan) {
  failure_t failure = {0};
  unsigned flags = 0;
  return namespaces_to_clone(plan, &flags, &failure) == 0 && flags & CLONE_NEWPID;
}

static void process_ended(monitor_t *monitor, int wait_status) {
  process_t *process = &monitor->process;
  exit_record_t *record = &monitor->last_exit;
  *record = (exit_record_t){.at_ns = wall_now_ns()};
  record->signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
  record->exit_code = record->signal ? 128 + record->signal : WEXITSTATUS(wait_status);
  record->oom_kills = oom_kills(&monitor->oom);
  monitor->has_exited = 1;
  probe_stop(&monitor->probe);
  process_forget(process);
  input_end(&monitor->input);
  // A pid namespace has taken every process with it; a container without one of its own has its cgroup for that.
  if (!has_own_pid_namespace(&monitor->plan)) cgroup_kill(&monitor->plan);
  process_drain(process);
  plan_next_run(monitor, (uint64_t)(monotonic_now_ms() - process->began_ms));
}

void monitor_child_ended(monitor_t *monitor, pid_t pid, int wait_status) {
  if (monitor->process.pid > 0 && pid == monitor->process.pid)
    process_ended(monitor, wait_status);
  else
    probe_reaped(&monitor->probe, pid, wait_status);
}

// The last bytes are here: no need to wait longer.
void monitor_streams_ended(void *owner) {
  monitor_t *monitor = owner;
  if (monitor->log) log_end(monitor->log);
  if (monitor->finish_timer.at_ms != 0) timer_start(&monitor->finish_timer, 0);
}
