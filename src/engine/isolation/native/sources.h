// What a launch needs of the host, opened by path once, by the monitor, before the clone.
#pragma once

#include <stddef.h>

#include "error.h"
#include "id-map.h"
#include "layer.h"
#include "plan.h"

typedef struct {
  unsigned flag;  // CLONE_NEW…
  int descriptor;
} join_t;

typedef struct sources {
  int *operations;  // per operation of the plan, or -1; binds, roots and nodes are detached copies with their attributes set
  size_t operation_count;
  const layers_t *layers;  // of the overlay: the caller's
  int cgroup;  // v2 folder, or -1
  join_t joins[8];
  size_t join_count;
  int target;             // pidfd of the process whose namespaces are entered, or -1
  unsigned target_flags;  // those in which it is and this process is not
  unsigned clone_flags;
  int network;  // the namespace in which the first process is made, or -1; the caller's
  char **arguments;  // of the program, and its environment, as execve wants them
  char **environment;
} sources_t;

// `layers` outlive it; null: the images of an overlay are mounted for it alone.
sources_t *sources_open(const plan_t *plan, const layers_t *layers, failure_t *failure);

// Gives the copies that ask for it (`idmap`) the ids of the namespace, and makes the overlay of mapped layers; its descriptor, or -1 in *overlay when the plan has none.
int sources_map(const sources_t *sources, const plan_t *plan, const id_map_t *map, int *overlay, failure_t *failure);

// True when the first process is in another user namespace than the monitor: one of its own, or one it joins.
int sources_change_user_namespace(const sources_t *sources);

void sources_close(sources_t *sources);
