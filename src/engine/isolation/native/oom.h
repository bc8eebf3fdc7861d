// Counts the processes of a cgroup that the kernel killed for memory. On cgroup v1 an eventfd tells of it, on v2 the file memory.events itself does.
#pragma once

#include <stdint.h>

#include "loop.h"
#include "plan.h"

typedef struct {
  loop_t *loop;
  int counter;         // memory.oom_control or memory.events; -1: not counted
  watch_t watch;       // of the eventfd, or of the counter
  timer_slot_t again;  // v1 tells of the event before it counts the kill
  int looks;
  uint64_t before_run;
  uint64_t seen;
  int journal;
} oom_t;

// Without the setting nothing is counted.
int oom_open(oom_t *oom, loop_t *loop, const plan_t *plan, failure_t *failure);
// A process begins: earlier kills are not its own.
void oom_begin(oom_t *oom);
// Kills since oom_begin; what was not told yet goes to the journal.
uint64_t oom_kills(oom_t *oom);
