// A container's network as long as its monitor lives: the host's ports that it holds, its namespace with what is in it, and the firewall's elements that lead to it.
#pragma once

#include <sys/types.h>

#include "error.h"
#include "host-port.h"
#include "loop.h"
#include "plan.h"
#include "resolver.h"

#define NETWORK_PORTS 1024

typedef struct {
  plan_t plan;        // of the setting `network`; its records are sent at each start
  void *bytes;        // of a plan that came later than the monitor's own, or null
  int namespace_;     // between its making and the clone, else -1
  int filter;         // stays open: to close it can wait for the kernel for 14 ms
  int is_ahead;       // connected for the first start, which is yet to come
  int is_again;       // it has been connected once, and the plan is sent for a restart
  host_port_t *ports; // in the order of the plan's records `port`
  size_t port_count;
  timer_slot_t port_timer;
  loop_t *loop;
  resolver_t *resolver;  // null until a plan has one
} network_t;

#define NETWORK_NONE \
  { .namespace_ = -1, .filter = -1 }

// Null: the plan has no network. Reserves the ports.
int network_open(network_t *network, loop_t *loop, const record_t *setting, failure_t *failure);

// Of a namespace that a network may take up, or -1.
int network_make_ahead(failure_t *failure);

// Makes it and connects it before there is a process for it: the next network_make() finds all done.
int network_connect_ahead(network_t *network, failure_t *failure);

// Makes a namespace, where network->namespace_ is not one that was made ahead, whose owner is the monitor's user namespace, and connects it. network->namespace_ is where the first process is to be made.
int network_make(network_t *network, failure_t *failure);

// Connects the namespace that a process was made with.
int network_connect(network_t *network, pid_t pid, failure_t *failure);

// The first process has it now: it ends with the container.
void network_release(network_t *network);

// The container has stopped, and may start again: nothing of the monitor's holds its namespace.
void network_leave(network_t *network);

// A plan: its own `netlink` records are sent now, its setting `network` takes the place of what there was. `pid` 0: the container does not run.
int network_change(network_t *network, const void *bytes, size_t length, pid_t pid, failure_t *failure);

// Nothing leads to the container any more, and nobody finds its names.
void network_end(network_t *network);
