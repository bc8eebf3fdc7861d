// Starts the first process of a container, or one more process in a container that runs (setting `target`), and says whether the program was executed.
//
//   launch_prepare   opens what the operations need of the host, by path, once
//   launch_clone     makes the process in its namespaces and cgroup and writes its id maps; it waits for "go" where
//                    the monitor has work left to do for it: with a handshake, a user namespace, limits. Elsewhere it
//                    borrows the caller's memory (lend-memory.h), and has executed its program when this returns
//                    (between these two the monitor can say {"created":…} and have network devices moved in)
//   launch_release   says "go"; returns 0 once the program was executed, or -1 with what failed
//                    (where the plan has the operation `start`: once the process waits there; launch_leave parts it from
//                    the caller, and what becomes of its program is told to nobody)
//   launch_close     gives up what is held; a process that was not released, or that failed, is killed and reaped
//
// The caller is single-threaded and reaps: after a success the process is the caller's own child, pid is as the caller sees it. Nothing here touches signal handlers or masks of the
// caller; the program gets default handlers and an empty mask.
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "layer.h"
#include "plan.h"

// What becomes descriptors 0, 1 and 2. With the setting `terminal` they are not used: the pty takes their place.
typedef struct {
  int input;
  int output;
  int error;
} launch_stdio_t;

typedef struct {
  pid_t pid;
  uint64_t start_ticks;  // field 22 of /proc/PID/stat
  int terminal;          // master of the pty after launch_release, else -1; the caller owns it once it sets this to -1
  int root;              // of the container, where that is an overlay, after launch_release; owned as the terminal is
  int sync;              // the caller's end of the socket to the process
  int held;              // the process waits for "go"
  int waits;             // it has come to the operation `start`
  int overlay;           // of mapped layers, on its way to the process
  struct sources *sources;
} launch_t;

#define LAUNCH_NONE {.pid = -1, .terminal = -1, .root = -1, .sync = -1, .overlay = -1}

// `layers` may be null (sources_open).
int launch_prepare(launch_t *launch, const plan_t *plan, const layers_t *layers, failure_t *failure);
int launch_clone(launch_t *launch, const plan_t *plan, const launch_stdio_t *stdio, failure_t *failure);
int launch_release(launch_t *launch, failure_t *failure);
int launch_leave(launch_t *launch, failure_t *failure);
void launch_close(launch_t *launch);
