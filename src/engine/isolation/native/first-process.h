// What the first process of a container does between the clone and execve.
#pragma once

#include "launch.h"
#include "sources.h"

typedef struct {
  const plan_t *plan;
  const sources_t *sources;
  launch_stdio_t stdio;
  int sync;
  int monitor_sync;  // the monitor's end, which the process has too until it closes it
} start_t;

// True when a process in between enters namespaces first and makes the first process from there: who has a user namespace of its own may enter no others.
int is_staged(const sources_t *sources);

// True when the process waits for "go": only where the monitor has something to do for it first, since waiting costs a change of context.
int is_held(const plan_t *plan, const sources_t *sources);

// True when the process can do with the monitor's own memory until it executes: the monitor stands still so long.
int can_borrow_memory(const plan_t *plan, const sources_t *sources);

// Of a start_t.
_Noreturn void run_first_process(const void *argument);
_Noreturn void run_process_between(const void *argument);

// Of the clone that makes the first process. `cgroup` is left to the process itself: its namespace begins at the cgroup one is in. A network that was made before is there already.
unsigned first_process_flags(const sources_t *sources);
