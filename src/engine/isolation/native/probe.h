// Runs a container's health check again and again. Each probe is a process of its own that launches the probe's plan into the running container and waits for it: a launch
// that takes long (a frozen container) or hangs holds up nothing else, and dies with the monitor.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "health.h"
#include "loop.h"
#include "plan.h"

// Docker keeps this much of a probe's output.
#define PROBE_OUTPUT 4096U

typedef struct {
  loop_t *loop;
  int journal;
  plan_t plan;
  int is_wanted;
  health_rules_t rules;
  health_state_t state;
  pid_t target;  // first process of the container; 0: not running
  uint64_t target_ticks;
  int64_t began_ms;     // the container
  int64_t probe_began_ms;
  uint64_t probe_began_ns;
  pid_t helper;  // 0: no probe is running
  int timed_out;
  watch_t output;
  timer_slot_t next;
  timer_slot_t limit;
  char bytes[PROBE_OUTPUT];
  size_t length;
  int is_cut;
} probe_t;

// Without the setting `health` there are no probes.
int probe_open(probe_t *probe, loop_t *loop, const plan_t *plan, failure_t *failure);
void probe_begin(probe_t *probe, pid_t target, uint64_t target_ticks);
void probe_stop(probe_t *probe);
// A child has ended; true if it was a probe.
int probe_reaped(probe_t *probe, pid_t pid, int wait_status);
