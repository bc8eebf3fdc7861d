// The parent of one container's process, from its start to its last end. It decides nothing that the plan does not say.
#pragma once

#include "attach.h"
#include "input.h"
#include "journal.h"
#include "log.h"
#include "loop.h"
#include "oom.h"
#include "plan.h"
#include "probe.h"
#include "process.h"
#include "restart.h"

typedef struct {
  loop_t loop;
  plan_t ahead;  // `lock` and `network`, where they came before the rest of the plan could be made
  plan_t plan;
  int status;  // socket to the engine; -1 once it was told
  int lock;
  int journal;
  log_t *log;
  attach_t attach;
  input_t input;
  process_t process;
  probe_t probe;
  oom_t oom;
  restart_t restart;
  watch_t signals;
  timer_slot_t restart_timer;
  timer_slot_t finish_timer;
  timer_slot_t linger_timer;
  exit_record_t last_exit;
  int has_exited;         // the process at hand was reaped, its exit is written down
  char score[16];         // oom_score_adj as it was before it was lowered; empty while it is not
  int is_final;           // frame 7: the next exit is the last
  size_t linger_bytes;    // what clients had not read at the last look
  int64_t linger_end_ms;
} monitor_t;

// monitor-setup.c: the monitor's parts know each other.
int monitor_begin(monitor_t *monitor, failure_t *failure);

// What there is of the plan ahead: takes the lock, and connects the network namespace.
int monitor_connect(monitor_t *monitor, failure_t *failure);

// Everything the settings name is opened and checked, but for what was opened ahead.
int monitor_open(monitor_t *monitor, failure_t *failure);

// monitor-life.c: the process is started; then its exits and restarts.
int monitor_start(monitor_t *monitor, failure_t *failure);
void monitor_child_ended(monitor_t *monitor, pid_t pid, int wait_status);
void monitor_streams_ended(void *owner);
void monitor_restart_due(void *owner);

// monitor-end.c: the container will not run again.
void monitor_finish(void *owner);
void monitor_linger(void *owner);

// monitor-command.c: what a client asks for in frames 5, 6, 7, 10 and 11: 0 or an errno, with words where that does not tell enough.
int monitor_command(void *owner, int type, const char *payload, size_t length, failure_t *failure);
