// The operations of a plan, as the first process runs them. operations-*.c has one function each, named after its word.
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "error.h"
#include "layer.h"
#include "plan.h"

typedef struct {
  const plan_t *plan;
  size_t index;            // of the operation that runs, in plan->operations
  const int *sources;      // per operation: what was opened of the host before the clone, or -1
  int sync;                // to the monitor: sync.h; -1 once `start` has parted them
  int root;                // of the container, -1 before it has one
  int procfs;              // a procfs nobody else sees, -1 before it is needed
  int null;                // the container's own /dev/null, -1 before it is made
  int empty;               // an empty read-only folder, already attached somewhere, -1 before it is needed
  int folder;              // in which the last node or link was made, -1 when something was mounted since
  const char *folder_path;
  size_t folder_length;
  int overlay;             // made by the monitor, of layers mapped into the user namespace, or -1
  const layers_t *layers;  // of the overlay, or null
  int user_namespace;      // the process is in a user namespace that its monitor is not in
  int filtered;            // a seccomp filter is in force: it may refuse prctl
  char *const *arguments;  // of the program, as execve wants them
  char *const *environment;
} context_t;

int run_operations(context_t *context, failure_t *failure);

#define X(kind, name, word, fewest, most) int operation_##name(context_t *context, const record_t *record, failure_t *failure);
PLAN_OPERATIONS(X)
#undef X

// operations-devices.c: closes context->folder.
void forget_folder(context_t *context);

// operations-console.c: a pty of the devpts at /dev/pts, as standard streams and controlling terminal; bound to `path` unless that is empty.
int open_console(context_t *context, const char *path, failure_t *failure);

// operations-kernel.c: makes context->procfs, while a whole /proc can still be seen (a user namespace needs one to get another).
int open_private_procfs(context_t *context, failure_t *failure);

// operations-process.c: SIGKILL when the monitor dies, unless the plan says `detached`. Asks afterwards whether it lives still.
int die_with_monitor(const context_t *context, failure_t *failure);

// init.c: the first process of a container whose program must not be it. Returns in the child, which is the program to be; the parent never returns.
int become_init(const context_t *context, failure_t *failure);
